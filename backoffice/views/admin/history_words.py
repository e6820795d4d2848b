"""What an entry of the audit says in plain words: one table from action to sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from backoffice.domain import statuses
from backoffice.domain.money import format_money, format_percent
from backoffice.domain.times import parse_date, say_date, say_instant
from backoffice.views.admin import (
    certificate_words,
    corporate_words,
    planning_words,
    register_words,
    waiting_words,
)
from backoffice.views.admin.formats import page_currency, page_zone

Values = dict[str, Any]


def _money(minor: Any) -> str:
    return format_money(minor, page_currency()) if isinstance(minor, int) else ""


def _because(new: Values) -> str:
    return f": {new['reason']}" if new.get("reason") else ""


def _placed(old: Values, new: Values) -> str:
    places = new.get("seats") or new.get("places")
    count = f" of {places} place{'s' * (places != 1)}" if isinstance(places, int) else ""
    total = f" for {_money(new['total_minor'])}" if "total_minor" in new else ""
    return f"took this booking{count}{total}"


def _cancelled_places(old: Values, new: Values) -> str:
    names = [str(name) for name in new.get("cancelled") or ()]
    count = len(names)
    whose = f" ({', '.join(names)})" if count <= 3 else ""
    return f"cancelled {count} place{'s' * (count != 1)}{whose}{_because(new)}"


def _moved(old: Values, new: Values) -> str:
    price = "at the old price" if new.get("price") == "keep" else "at the new price"
    return f"moved it to {shown('starts_at', new.get('starts_at'))}, {price}{_because(new)}"


def _held(old: Values, new: Values) -> str:
    return f"held the places until {shown('hold_expires_at', new.get('hold_expires_at'))}"


def _took(old: Values, new: Values) -> str:
    receipt = f", receipt {new['payer_reference']}" if new.get("payer_reference") else ""
    return (
        f"took {_money(new.get('amount_minor'))} ({METHODS.get(str(new.get('method')), 'by hand')}){receipt}"
    )


def _asked_for(old: Values, new: Values) -> str:
    by = METHODS.get(str(new.get("method")), "online")
    return f"asked for {_money(new.get('amount_minor'))} ({by})"


def _allocated(old: Values, new: Values) -> str:
    return f"used {_money(new.get('amount_minor'))} for {new.get('booking', 'a booking')}"


def _refund(verb: str) -> Callable[[Values, Values], str]:
    return lambda old, new: f"{verb} {_money(new.get('amount_minor'))}{_because(new)}"


def _consented(old: Values, new: Values) -> str:
    texts = " and ".join(map(str, new.get("texts") or ()))
    if new.get("channel") == "phone":
        return f"read out and had accepted: {texts}"
    return f"accepted: {texts}"


def _grouped(old: Values, new: Values) -> str:
    return f"joined {', '.join(map(str, new.get('bookings') or ()))}"


def _called_off(old: Values, new: Values) -> str:
    count = new.get("bookings")
    until = shown("deadline_at", new.get("deadline_at"))
    if not count:
        return "called the date off"
    return f"called the date off and asked {count} booker{'s' * (count != 1)} to choose by {until}"


_CHOICES = {
    "moved": "chose another date",
    "credited": "chose to keep {} as credit",
    "refunded": "chose to have {} back",
}


def _chose(old: Values, new: Values) -> str:
    words = _CHOICES.get(str(new.get("way")), "chose").format(_money(new.get("amount_minor")))
    return f"{words}: {new['booking']}" if new.get("booking") else words


METHODS = {
    "cash": "cash",
    "bank_transfer": "bank transfer",
    "card_terminal": "card terminal",
    "payment_link": "payment link",
    "account": "account terms",
    "free": "nothing due",
    "invoice": "invoice",
    "stripe": "card online",
    "mpesa": "M-Pesa",
    "flutterwave": "Flutterwave",
    "credit": "credit",
}

Sentence = str | Callable[[Values, Values], str]

# action -> (what somebody did, tone). A sentence goes on from the person's name.
SENTENCES: dict[str, tuple[Sentence, str]] = {
    "booking:place": (_placed, "good"),
    "saved_report:save": ("saved a report to be mailed", ""),
    "saved_report:end": ("ended the mails of a report", ""),
    "booking:ask_names": ("asked the booker for the names", ""),
    "terms:draft": ("began a new version of the terms", ""),
    "terms:edit": ("changed the draft of the terms", ""),
    "terms:publish": (lambda old, new: f"published version {new.get('version')}", "good"),
    "terms:discard": ("dropped a draft of the terms", ""),
    "booking:consent": (_consented, "good"),
    "booking:company": (lambda old, new: f"said that it is of {new.get('company')}", ""),
    "mail_wording:change": ("changed the words of a mail", ""),
    "mail_wording:restore": ("went back to the original words of a mail", ""),
    "bulk_mail:create": ("wrote a mail to everybody of a date", ""),
    "bulk_mail:edit": ("changed the draft of a mail to a date", ""),
    "bulk_mail:send": (lambda old, new: f"sent a mail to a date, to {new.get('mails')} addresses", "good"),
    "bulk_mail:stop": (
        lambda old, new: f"stopped a mail to a date; {new.get('kept_back')} were kept back",
        "bad",
    ),
    "reminder_rule:create": ("made this rule for reminders", "good"),
    "reminder_rule:edit": ("changed this rule for reminders", ""),
    "reminder_rule:on": ("switched the rule on", "good"),
    "reminder_rule:off": ("switched the rule off", "bad"),
    "booking:import": ("imported this booking", ""),
    "booking:confirm": ("confirmed the booking", "good"),
    "booking:cancel": (lambda old, new: f"cancelled the booking{_because(new)}", "bad"),
    "booking:cancel_places": (_cancelled_places, "bad"),
    "booking:move": (_moved, ""),
    "booking:rename": (lambda old, new: f"changed the attendee of place {new.get('place', '?')}", ""),
    "booking:edit": ("corrected the booking", ""),
    "booking:hold": (_held, ""),
    "booking:expire": ("gave the places back: the hold ended", "bad"),
    "booking:no_show": ("marked it as a no-show", "bad"),
    "booking:completed": ("marked it as completed", "good"),
    "booking:mark": (register_words.marked, ""),
    "booking:correct": (register_words.corrected, "bad"),
    "booking:substitute": (register_words.substituted, ""),
    "booking:approve_exception": (register_words.excepted, ""),
    "booking:withdraw_exception": (register_words.exception_withdrawn, ""),
    "booking:choice": (_chose, ""),
    "booking:choice_reminder": ("reminded the booker to choose", ""),
    "booking:rebooked": (
        lambda old, new: f"took it instead of {new.get('booking')}, which was called off",
        "good",
    ),
    "booking:print": ("printed the confirmation", ""),
    "payment:take": (_took, "good"),
    "payment:allocate": (_allocated, ""),
    "payment:start": (_asked_for, ""),
    "payment:processing": ("reported that the payment is on its way", ""),
    "payment:succeeded": ("reported the money as received", "good"),
    "payment:failed": ("reported that the payment failed", "bad"),
    "payment:cancelled": ("closed the attempt: nothing was paid", ""),
    "payment:mismatch": (
        lambda old, new: f"reported other money than was asked for: {new.get('fault')}",
        "bad",
    ),
    "payment:dispute_open": (lambda old, new: f"reported a dispute{_because(new)}", "bad"),
    "payment:dispute_closed": (lambda old, new: f"closed the dispute{_because(new)}", ""),
    "payment_link:make": ("made a payment link", ""),
    "payment_link:amount": (lambda old, new: f"asked for {_money(new.get('amount_minor'))} by the link", ""),
    "payment_link:mail": ("mailed the payment link", ""),
    "payment_link:end": ("ended the payment link", ""),
    "settings:certificate": ("changed how certificates look", ""),
    "settings:logo": (lambda old, new: f"gave certificates a logo ({new.get('logo')})", ""),
    "settings:logo_removed": ("took the logo off the certificates", "bad"),
    "site:update": ("changed the words or the colour of the public site", ""),
    "site:publish": ("opened the public site", "good"),
    "site:unpublish": ("closed the public site", "bad"),
    "site:picture": (lambda old, new: f"gave the public site another {new.get('what')}", ""),
    "site:picture_removed": (lambda old, new: f"took the {new.get('what')} off the public site", ""),
    "site:domain_added": (lambda old, new: f"added the address {new.get('host')}", ""),
    "site:domain_primary": (lambda old, new: f"made {new.get('host')} the main address", "good"),
    "site:domain_removed": (lambda old, new: f"removed the address {old.get('host')}", "bad"),
    "course:picture": (lambda old, new: f"gave it a picture ({new.get('picture')})", ""),
    "course:picture_removed": ("took its picture off", ""),
    "instructor:picture": (lambda old, new: f"gave the profile a photo ({new.get('picture')})", ""),
    "instructor:picture_removed": ("took the photo off the profile", ""),
    "gateway_account:create": (
        lambda old, new: f"entered keys of a new account ({new.get('keys')}, {new.get('mode')})",
        "good",
    ),
    "gateway_account:keys": (lambda old, new: f"replaced keys (now {new.get('keys')})", ""),
    "gateway_account:use": ("took the account into use", "good"),
    "gateway_account:rest": ("took the account out of use", ""),
    "gateway_account:address": ("made a new secret address for its messages", ""),
    "gateway_account:register": ("registered the webhook at the gateway", "good"),
    "gateway_event:set_aside": (lambda old, new: f"set the gateway's message aside{_because(new)}", ""),
    "payment:ask": ("had the gateway asked about it", ""),
    "reconciliation:ask": ("had the books compared with the gateway", ""),
    "gateway_event:replay": ("applied the gateway's message once more", ""),
    **certificate_words.SENTENCES,
    **planning_words.SENTENCES,
    **corporate_words.SENTENCES,
    **waiting_words.SENTENCES,
    "review:give": (lambda old, new: f"gave a review of {new.get('rating')} of 5", ""),
    "review:shown": ("let the public read the review", "good"),
    "review:hidden": ("hid the review", ""),
    "refund:requested": (_refund("asked for a refund of"), ""),
    "refund:approved": (_refund("approved the refund of"), "good"),
    "refund:declined": (_refund("declined the refund of"), "bad"),
    "refund:processing": (_refund("started to pay back"), ""),
    "refund:succeeded": (_refund("paid back"), "good"),
    "refund:failed": (_refund("noted that the refund did not arrive:"), "bad"),
    "refund:acknowledge": (_refund("confirmed the refund made at the gateway of"), "good"),
    "user:credit": (
        lambda old, new: f"corrected the credit by {_money(new.get('amount_minor'))}{_because(new)}",
        "",
    ),
    "group:create": (_grouped, ""),
    "schedule:plan": ("planned this date", "good"),
    "schedule:reschedule": ("changed the time, the place or the people", ""),
    "schedule:publish": ("put it on sale", "good"),
    "schedule:unpublish": ("took it off sale", ""),
    "schedule:complete": (register_words.completed, "good"),
    "schedule:reopen": ("reopened it", ""),
    "schedule:cancel": (lambda old, new: f"cancelled the date{_because(new)}", "bad"),
    "schedule:call_off": (_called_off, "bad"),
    "schedule:change_capacity": ("changed the number of places", ""),
    "schedule:change_price": ("changed the price", ""),
    "schedule:update": ("changed the code or the notes", ""),
    "course:instructors": ("changed who teaches it", ""),
    "course:whitelist": ("changed who may book it", ""),
    "message:resend": ("sent a mail again", ""),
    "outbox:retry": ("had a stopped job tried again", ""),
    "outbox:set_aside": (lambda old, new: f"set a stopped job aside{_because(new)}", ""),
    "message:bounce": ("noted that a mail came back", "bad"),
    "user:note": ("wrote a note", ""),
    "user:sign_in": ("signed in", ""),
    "user:invite": ("sent an invitation", ""),
    "user:role": ("changed the role", ""),
    "user:password": ("changed the password", ""),
    "user:ask_password": ("asked for a new password", ""),
    "user:ask_link": ("asked for a link to sign in", ""),
    "user:calendar": ("changed the address of their own calendar", ""),
    "user:no_password": ("gave up the password", ""),
    "work_item:resolve": ("took a task off the list", ""),
}

_VERBS = {
    "create": "added {noun}",
    "edit": "changed {noun}",
    "update": "changed {noun}",
    "archive": "archived {noun}",
    "restore": "took {noun} out of the archive",
    "delete": "deleted {noun}",
    "import": "imported {noun}",
    "publish": "published {noun}",
    "cancel": "cancelled {noun}",
    "deactivate": "deactivated {noun}",
    "reactivate": "reactivated {noun}",
}
_NOUNS = {"user": "the record", "schedule": "the date", "settings": "the settings", "tenant": "the provider"}

# Said by the sentence already, or of no use to a reader.
_SAID: dict[str, set[str] | None] = {
    "booking:place": None,
    "booking:cancel": None,
    "booking:cancel_places": {"cancelled", "reason"},
    "booking:confirm": None,
    "booking:move": {"starts_at", "price", "reason"},
    "booking:hold": None,
    "booking:expire": None,
    "booking:rename": {"place"},
    "booking:consent": None,
    "booking:company": None,
    "terms:publish": None,
    "booking:no_show": None,
    "booking:completed": None,
    "booking:mark": None,
    "booking:correct": None,
    "booking:substitute": None,
    "booking:approve_exception": None,
    "booking:withdraw_exception": None,
    **certificate_words.SAID,
    **planning_words.SAID,
    **corporate_words.SAID,
    **waiting_words.SAID,
    "payment:take": None,
    "payment:start": None,
    "payment:processing": None,
    "payment:succeeded": None,
    "payment:failed": None,
    "payment:cancelled": None,
    "payment:mismatch": None,
    "settings:logo": None,
    "site:picture": None,
    "site:picture_removed": None,
    "site:domain_added": None,
    "site:domain_primary": None,
    "site:domain_removed": None,
    "course:picture": None,
    "instructor:picture": None,
    "gateway_account:create": None,
    "gateway_account:keys": None,
    "gateway_event:set_aside": None,
    "payment:allocate": None,
    "group:create": None,
    "schedule:publish": None,
    "schedule:unpublish": None,
    "schedule:complete": None,
    "schedule:reopen": None,
    "schedule:cancel": None,
    "schedule:call_off": None,
    "booking:choice": None,
    "booking:rebooked": None,
    "user:sign_in": None,
    "user:note": None,
    "message:resend": None,
    "outbox:retry": None,
    "outbox:set_aside": None,
}


def sentence(action: str, old: Values, new: Values) -> str:
    """What was done, to go on from a name: "cancelled 1 place: ill"."""
    known = SENTENCES.get(action)
    if known:
        return known[0] if isinstance(known[0], str) else known[0](old, new)
    noun, _, verb = action.partition(":")
    said = _NOUNS.get(noun, f"the {noun.replace('_', ' ')}")
    return _VERBS.get(verb, verb.replace("_", " ") + " {noun}").format(noun=said)


def tone_of(action: str) -> str:
    """The colour of an action's line: "good", "bad" or none."""
    return SENTENCES.get(action, ("", ""))[1]


def changes_of(action: str, old: Values, new: Values) -> list[tuple[str, str, str]]:
    """(what, before, after) of an entry, without what its sentence says."""
    said: set[str] | None = _SAID.get(action, set())
    if said is None or action.startswith("refund:"):
        return []
    return [
        change for key, change in _changed(action, old, new) if key not in said and not key.endswith("_id")
    ]


def all_changes(action: str, old: Values, new: Values) -> list[tuple[str, str, str]]:
    """(what, before, after) of every value of an entry."""
    return [change for _, change in _changed(action, old, new)]


def _changed(action: str, old: Values, new: Values) -> list[tuple[str, tuple[str, str, str]]]:
    keys = [*old, *(key for key in new if key not in old)]
    words = statuses.LABELS.get(action.partition(":")[0], {})

    def said(key: str, value: Any) -> str:
        """The same word is another thing for a payment ("Received") than for a refund ("Paid back")."""
        is_known = key == "status" and isinstance(value, str) and value in words
        return words[value] if is_known else shown(key, value)

    return [(key, (label(key), said(key, old.get(key)), said(key, new.get(key)))) for key in keys]


_LABELS = {
    "email": "E-mail",
    "contact_email": "Contact e-mail",
    "vat_rate_bp": "VAT rate",
    "is_active": "Switched on",
    "hold_expires_at": "Held until",
}


def label(key: str) -> str:
    """The name of a stored value as people say it: "total_minor" is "Total"."""
    words = key
    for ending in ("_minor", "_at", "_on", "_bp", "_id"):
        words = words.removesuffix(ending)
    words = words.replace("_", " ")
    return _LABELS.get(key, words[:1].upper() + words[1:])


def shown(key: str, value: Any) -> str:
    """A value of an entry as people read it; "" for none."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(" ".join(each) if _is_name(each) else shown(key, each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{label(name)}: {shown(name, each)}" for name, each in value.items())
    if isinstance(value, int) and (key.endswith("_minor") or key in ("price", "total", "discount")):
        return _money(value)
    if isinstance(value, int) and key.endswith(("_bp", "basis_points")):
        return format_percent(value)
    return _text(key, str(value))


def _is_name(value: Any) -> bool:
    """First and last name, as an import keeps an attendee."""
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _text(key: str, text: str) -> str:
    if key in ("status", "payment_status"):
        known = {word: said for table in statuses.LABELS.values() for word, said in table.items()}
        return known.get(text, text)
    if key in ("method", "payment_method"):
        return METHODS.get(text, text)
    if key.endswith("_at"):
        return _instant(text)
    if key.endswith(("_on", "valid_from", "valid_until", "birth_date")):
        return say_date(parse_date(text)) if len(text) == 10 and text[4:5] == "-" else text
    return text


def _instant(text: str) -> str:
    try:
        return say_instant(datetime.fromisoformat(text), page_zone())
    except ValueError:
        return text
