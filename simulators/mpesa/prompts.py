"""A prompt on a telephone (STK push): asked for, answered or left alone, and asked about."""

from __future__ import annotations

import base64
import binascii
import secrets
import time

from simulators.courier import AT_ONCE, Parcel, Telling, as_json
from simulators.mpesa.calls import (
    PROCESSING,
    DarajaError,
    bad,
    field,
    nairobi_number,
    receipt,
    request_number,
)
from simulators.store import Document
from simulators.world import World

PROMPT_SECONDS = 60.0
MOST = 250_000
URL = r"https?://[^\s]{1,400}"
# ResultCode and its sentence, by what the payer did.
ENDINGS: dict[str, tuple[int, str]] = {
    "pay": (0, "The service request is processed successfully."),
    "cancel": (1032, "Request cancelled by user."),
    "wrong_pin": (2001, "The initiator information is invalid."),
    "no_money": (1, "The balance is insufficient for the transaction."),
    "timeout": (1037, "DS timeout user cannot be reached."),
}


def push(world: World, account: str, body: Document) -> Document:
    """Raises DarajaError for what Daraja would refuse."""
    shortcode = field(body, "BusinessShortCode", r"\d{5,7}")
    _check_password(world, account, body, shortcode)
    field(body, "TransactionType", "CustomerPayBillOnline|CustomerBuyGoodsOnline")
    amount = int(field(body, "Amount", r"[1-9]\d{0,5}"))
    if amount > MOST:
        raise bad("Amount")
    phone = field(body, "PhoneNumber", r"254[17]\d{8}")
    if field(body, "PartyA", r"254[17]\d{8}") != phone:
        raise bad("PartyA")
    field(body, "PartyB", r"\d{5,7}")
    return _accept(world, account, body, amount, phone)


def _accept(world: World, account: str, body: Document, amount: int, phone: str) -> Document:
    at = time.time()
    prompt = {
        "id": f"ws_CO_{nairobi_number(at)}{secrets.randbelow(10**12):012}",
        "merchant_request": request_number(),
        "amount": amount,
        "phone": phone,
        "shortcode": str(body["BusinessShortCode"]),
        "reference": field(body, "AccountReference", r".{1,12}"),
        "description": field(body, "TransactionDesc", r".{1,13}"),
        "url": field(body, "CallBackURL", URL),
        "at": at,
        "result": None,
        "receipt": None,
        "reversed_by": None,
    }
    if _is_busy(world, phone):
        raise DarajaError(
            PROCESSING,
            "Unable to lock subscriber, a transaction is already in process for the current subscriber",
            500,
        )
    world.store.add("prompt", account, prompt, about=phone, due=at + PROMPT_SECONDS)
    return {
        "MerchantRequestID": prompt["merchant_request"],
        "CheckoutRequestID": prompt["id"],
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    }


def _is_busy(world: World, phone: str) -> bool:
    """One prompt at a time: the telephone is locked while one is open."""
    return any(prompt["result"] is None for prompt in world.store.every("prompt", about=phone))


def _check_password(world: World, account: str, body: Document, shortcode: str) -> None:
    """base64(shortcode + passkey + timestamp). The first passkey of an account is the right one from then on."""
    stamp = field(body, "Timestamp", r"\d{14}")
    try:
        plain = base64.b64decode(str(body.get("Password", "")), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise bad("Password") from None
    passkey = plain.removeprefix(shortcode).removesuffix(stamp)
    if plain != f"{shortcode}{passkey}{stamp}" or not passkey:
        raise DarajaError(PROCESSING, "Wrong credentials", 500)
    known = world.store.find("mpesa_passkey", shortcode, account)
    if known is None:
        world.store.add("mpesa_passkey", account, {"id": shortcode, "passkey": passkey})
    elif known["passkey"] != passkey:
        raise DarajaError(PROCESSING, "Wrong credentials", 500)


def query(world: World, account: str, body: Document) -> Document:
    """Raises DarajaError while it is open: Daraja calls that a fault of the server."""
    shortcode = field(body, "BusinessShortCode", r"\d{5,7}")
    _check_password(world, account, body, shortcode)
    prompt = world.store.find("prompt", field(body, "CheckoutRequestID", r".{1,100}"), account)
    if prompt is None or prompt["shortcode"] != shortcode:
        raise bad("CheckoutRequestID")
    if prompt["result"] is None:
        raise DarajaError(PROCESSING, "The transaction is being processed", 500)
    code, sentence = ENDINGS[prompt["result"]]
    return {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successsfully",
        "MerchantRequestID": prompt["merchant_request"],
        "CheckoutRequestID": prompt["id"],
        "ResultCode": str(code),
        "ResultDesc": sentence,
    }


def end(world: World, account: str, prompt: Document, ending: str, telling: Telling = AT_ONCE) -> Document:
    """The payer did something, or nothing for too long. Raises ValueError when it is over."""
    if prompt["result"] is not None:
        raise ValueError("this prompt is over")
    prompt |= {"result": ending, "receipt": receipt() if ending == "pay" else None, "ended_at": time.time()}
    world.store.save("prompt", account, prompt)
    world.store.set_due("prompt", prompt["id"], None)
    body = as_json({"Body": {"stkCallback": _callback(prompt)}})
    parcel = Parcel("mpesa", account, prompt["id"], f"stk.{ending}", prompt["url"], body)
    world.courier.promise(parcel, telling)
    return prompt


def _callback(prompt: Document) -> Document:
    code, sentence = ENDINGS[prompt["result"]]
    told: Document = {
        "MerchantRequestID": prompt["merchant_request"],
        "CheckoutRequestID": prompt["id"],
        "ResultCode": code,
        "ResultDesc": sentence,
    }
    if code == 0:
        items = (
            ("Amount", float(prompt["amount"])),
            ("MpesaReceiptNumber", prompt["receipt"]),
            ("TransactionDate", int(nairobi_number(prompt["ended_at"]))),
            ("PhoneNumber", int(prompt["phone"])),
        )
        told["CallbackMetadata"] = {"Item": [{"Name": name, "Value": value} for name, value in items]}
    return told
