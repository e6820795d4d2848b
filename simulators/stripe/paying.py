"""What a payer does on the hosted page, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.courier import AT_ONCE, Telling
from simulators.store import Document, now
from simulators.stripe import objects
from simulators.stripe.cards import CARDS, DECLINES, GOOD
from simulators.stripe.events import emit
from simulators.stripe.sessions import end
from simulators.world import World, new_id

BANK_SECONDS = 10.0


class NotPayable(Exception):
    """It is over, or was never there; the text is for the payer."""


@dataclass(frozen=True)
class Attempt:
    """How somebody wants to pay. `bank` means a slow way: "succeeds" or "fails" after `bank_seconds`."""

    number: str = GOOD
    saved_method: str | None = None
    payer: str = ""
    email: str = ""
    telling: Telling = AT_ONCE
    bank: str = ""
    bank_seconds: float = BANK_SECONDS


class Checkout:
    """One open session in the payer's hands. Raises NotPayable."""

    def __init__(self, world: World, session_id: str) -> None:
        self.world = world
        session = world.store.find("session", session_id)
        if session is None:
            raise NotPayable("There is no such payment page.")
        self.session = session
        self.account = world.store.account_of("session", session_id)
        if session["status"] == "open" and session["expires_at"] <= now():
            end(world, self.account, session)
        if session["status"] != "open":
            raise NotPayable(
                "This was paid already."
                if session["status"] == "complete"
                else "This payment page is no longer valid. Ask for a new link."
            )

    def pay(self, attempt: Attempt) -> str:
        """ "paid", "declined", "challenge" or "processing"."""
        intent = self._intent(attempt.telling)
        method = self._method(attempt)
        card = CARDS.get(method["_number"])
        if attempt.bank:
            return self._wait_for_bank(intent, method, attempt)
        if card is None or card.decline:
            return self._decline(
                intent, method, (card and card.decline) or "generic_decline", attempt.telling
            )
        if card.is_challenged and attempt.saved_method is None:
            return self._challenge(intent, method, attempt.telling)
        return self._succeed(intent, method, attempt.telling)

    def answer_challenge(self, telling: Telling, *, is_passed: bool) -> str:
        """The second page of 3-D Secure. Raises NotPayable when nothing was asked."""
        intent = self.world.store.find("payment_intent", self.session["payment_intent"] or "", self.account)
        if intent is None or intent["status"] != "requires_action":
            raise NotPayable("There is nothing to confirm.")
        method = self.world.store.find("payment_method", intent["payment_method"], self.account)
        if method is None:
            raise NotPayable("There is nothing to confirm.")
        if is_passed:
            return self._succeed(intent, method, telling)
        return self._decline(intent, method, "authentication_failed", telling)

    def saved_methods(self) -> list[Document]:
        """The cards that a returning customer left."""
        customer = self.session["customer"]
        return self.world.store.every("payment_method", self.account, customer) if customer else []

    def email(self) -> str:
        """The one that the shop gave, or that the customer left."""
        customer = self.world.store.find("customer", self.session["customer"] or "", self.account)
        return str(self.session["customer_email"] or (customer or {}).get("email") or "")

    def _intent(self, telling: Telling) -> Document:
        known = self.session["payment_intent"]
        if known:
            found = self.world.store.find("payment_intent", known, self.account)
            if found is not None:
                return found
        intent = objects.payment_intent(self.session)
        self.session["payment_intent"] = intent["id"]
        self.world.store.add("payment_intent", self.account, intent)
        self.world.store.save("session", self.account, self.session)
        emit(self.world, self.account, "payment_intent.created", intent, telling)
        return intent

    def _method(self, attempt: Attempt) -> Document:
        if attempt.saved_method:
            found = self.world.store.find("payment_method", attempt.saved_method, self.account)
            if found is None or found["customer"] != self.session["customer"]:
                raise NotPayable("That card is not known here. Choose another one.")
            return found
        email = attempt.email or self.email() or None
        payer: Document = {"address": {}, "email": email, "name": attempt.payer or None, "phone": None}
        return objects.payment_method(attempt.number, None, payer)

    def _decline(self, intent: Document, method: Document, reason: str, telling: Telling) -> str:
        code, message = DECLINES[reason]
        self._keep(method)
        charge = objects.charge(intent, method, reason)
        intent |= {
            "status": "requires_payment_method",
            "latest_charge": charge["id"],
            "payment_method": None,
            "next_action": None,
            "last_payment_error": {
                "charge": charge["id"],
                "code": code,
                "decline_code": reason,
                "message": message,
                "type": "card_error",
            },
        }
        self.world.store.add("charge", self.account, charge, about=intent["id"])
        self._save(intent)
        emit(self.world, self.account, "charge.failed", charge, telling)
        emit(self.world, self.account, "payment_intent.payment_failed", intent, telling)
        return "declined"

    def _challenge(self, intent: Document, method: Document, telling: Telling) -> str:
        self._keep(method)
        intent |= {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}},
        }
        self._save(intent)
        emit(self.world, self.account, "payment_intent.requires_action", intent, telling)
        return "challenge"

    def _succeed(self, intent: Document, method: Document, telling: Telling) -> str:
        self._complete(intent, method, "paid")
        settle(self.world, self.account, intent, method, telling)
        emit(self.world, self.account, "checkout.session.completed", self.session, telling)
        return "paid"

    def _wait_for_bank(self, intent: Document, method: Document, attempt: Attempt) -> str:
        """A bank debit: the session is complete, the money comes later, or not at all."""
        self._complete(intent, method, "unpaid")
        intent |= {"status": "processing", "payment_method": method["id"], "_bank": attempt.bank}
        self._save(intent)
        self.world.store.set_due("payment_intent", intent["id"], now() + attempt.bank_seconds)
        emit(self.world, self.account, "payment_intent.processing", intent, attempt.telling)
        emit(self.world, self.account, "checkout.session.completed", self.session, attempt.telling)
        return "processing"

    def _complete(self, intent: Document, method: Document, payment_status: str) -> None:
        self._keep_customer(intent, method)
        self._keep(method)
        self.session |= {
            "status": "complete",
            "payment_status": payment_status,
            "url": None,
            "customer": intent["customer"],
            "customer_details": {
                "address": {"country": "GB"},
                "email": method["billing_details"]["email"],
                "name": method["billing_details"]["name"],
                "phone": None,
            },
        }
        self.world.store.save("session", self.account, self.session)
        self.world.store.set_due("session", self.session["id"], None)

    def _keep_customer(self, intent: Document, method: Document) -> None:
        """A customer is made when wanted, and the card stays with it when it is to be used again."""
        keeps = bool(intent["setup_future_usage"])
        if intent["customer"] is None and (keeps or self.session["customer_creation"] == "always"):
            details = method["billing_details"]
            customer = make_customer(details["email"], details["name"])
            self.world.store.add("customer", self.account, customer)
            emit(self.world, self.account, "customer.created", customer)
            intent["customer"] = customer["id"]
        if keeps:
            method["customer"] = intent["customer"]

    def _keep(self, method: Document) -> None:
        if self.world.store.find("payment_method", method["id"], self.account) is None:
            about = method["customer"] or ""
            self.world.store.add("payment_method", self.account, method, about=about)
        elif method["customer"]:
            self.world.store.save("payment_method", self.account, method)
            self.world.store.run(
                "UPDATE documents SET about = ? WHERE kind = 'payment_method' AND id = ?",
                *(method["customer"], method["id"]),
            )

    def _save(self, intent: Document) -> None:
        self.world.store.save("payment_intent", self.account, intent)


def make_customer(email: str | None, name: str | None) -> Document:
    return {
        "id": new_id("cus", 14),
        "object": "customer",
        "balance": 0,
        "created": now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": email,
        "livemode": False,
        "metadata": {},
        "name": name,
        "phone": None,
    }


def settle(world: World, account: str, intent: Document, method: Document, telling: Telling) -> None:
    """The money is there. The fee follows a moment after the charge, as it does with the real one."""
    charge = objects.charge(intent, method)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": method["id"],
    }
    world.store.add("charge", account, charge, about=intent["id"])
    world.store.save("payment_intent", account, intent)
    emit(world, account, "charge.succeeded", charge, telling)
    emit(world, account, "payment_intent.succeeded", intent, telling)
    money = objects.balance_transaction(charge, "charge", charge["amount"], objects.fee_of(charge["amount"]))
    world.store.add("balance_transaction", account, money)
    charge["balance_transaction"] = money["id"]
    world.store.save("charge", account, charge)
    emit(world, account, "charge.updated", charge, telling, {"balance_transaction": None})


def hear_from_bank(world: World, account: str, intent: Document, telling: Telling = AT_ONCE) -> None:
    """A debit that was processing succeeds or fails."""
    session = world.store.find("session", intent["_session"], account)
    method = world.store.find("payment_method", intent["payment_method"], account)
    world.store.set_due("payment_intent", intent["id"], None)
    if session is None or method is None or intent["status"] != "processing":
        return
    if intent["_bank"] == "fails":
        error = {
            "code": "debit_not_authorized",
            "message": "The bank refused the debit.",
            "type": "card_error",
        }
        intent |= {"status": "requires_payment_method", "last_payment_error": error}
        world.store.save("payment_intent", account, intent)
        emit(world, account, "payment_intent.payment_failed", intent, telling)
        emit(world, account, "checkout.session.async_payment_failed", session, telling)
        return
    settle(world, account, intent, method, telling)
    session["payment_status"] = "paid"
    world.store.save("session", account, session)
    emit(world, account, "checkout.session.async_payment_succeeded", session, telling)
