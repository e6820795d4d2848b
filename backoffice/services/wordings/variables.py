"""The variables that a mail's text may use: what each is called, what it says, an example, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from backoffice.services.schedules import rules

Facts = dict[str, Any]


@dataclass(frozen=True)
class Variable:
    """`says` is for the list beside the editor. `read` takes the facts of services/mail_texts; "" where there is none.

    A block is a macro of templates/emails with a layout of its own; `kind` is words, link or block.
    """

    name: str
    says: str
    example: str
    read: Callable[[Facts], Any] = field(default=lambda facts: "")
    kind: str = "words"
    macro: str = ""
    in_subject: bool = True


def _words(name: str, says: str, example: str, read: Callable[[Facts], Any]) -> Variable:
    return Variable(name, says, example, read)


def _lines(name: str, says: str, example: str, read: Callable[[Facts], Any]) -> Variable:
    return Variable(name, says, example, read, in_subject=False)


def _link(name: str, says: str, example: str, read: Callable[[Facts], Any]) -> Variable:
    """A link may be a secret: never in a subject, which is kept."""
    return Variable(name, says, example, read, kind="link", in_subject=False)


def _block(
    name: str, says: str, macro: str, example: str, when: Callable[[Facts], Any] = lambda _: True
) -> Variable:
    return Variable(name, says, example, when, kind="block", macro=macro, in_subject=False)


def _for_booker(read: Callable[[Facts], Any]) -> Callable[[Facts], Any]:
    """An attendee reads nothing of prices, nor who else comes."""
    return lambda facts: "" if facts.get("attendee") else read(facts)


def _places(facts: Facts) -> str:
    seats = facts["booking"].seats
    return f"{seats} place{'' if seats == 1 else 's'}"


def _online(facts: Facts) -> str:
    """The room of a course is told to whom is booked."""
    return "" if facts["booking"].status == "pending" else facts["online_url"]


def _names_missing(facts: Facts) -> str:
    missing = facts.get("names_missing", 0)
    return f"{missing} name{'' if missing == 1 else 's'}" if missing else ""


def _holder(name: str) -> Callable[[Facts], Any]:
    return lambda facts: getattr(facts["holders"][0], name) if facts["holders"] else ""


def _people(count: int | None) -> str:
    return "1 person" if count == 1 else f"{count} people" if count else ""


def _told(name: str) -> Callable[[Facts], Any]:
    return lambda facts: getattr(facts["certificate"], name)


def _of(fact: str, name: str) -> Callable[[Facts], Any]:
    return lambda facts: facts[fact][name]


def _pay(name: str) -> Callable[[Facts], Any]:
    return lambda facts: getattr(facts["pay"], name)


# fmt: off  # one line for each, as the list on the screen
EVERYWHERE: Final = (
    _lines(
        "greeting",
        "Dear … with the name, or Hello",
        "Dear Jane Doe,",
        lambda f: f"Dear {f['recipient_name']}," if f["recipient_name"] else "Hello,",
    ),
    _words("name", "who the mail goes to", "Jane Doe", lambda f: f["recipient_name"]),
    _words("provider", "your name", "React Fast Training", lambda f: f["tenant"].name),
    _words("phone", "your telephone number", "0113 496 0100", lambda f: f["phone"]),
    _words("email", "your e-mail address", "office@example.com", lambda f: f["tenant"].email),
    _link("website", "your website", "https://www.example.com/", lambda f: f["website"]),
)
NOTE: Final = _lines(
    "note",
    "the words that you or the program add to this one mail",
    "It begins an hour later than planned.",
    lambda f: f["note"],
)
BOOKING: Final = (
    _words("reference", "the booking’s reference", "RFT-2026-0001", lambda f: f["booking"].reference),
    _words("course", "the course", "First Aid at Work", lambda f: f["course"].title),
    _words("starts", "when it begins", "Tue 3 Mar 2026, 09:00", lambda f: f["starts"]),
    _lines(
        "days",
        "each day with its hours, one to a line",
        "Tue 3 Mar 2026, 09:00–16:00\nWed 4 Mar 2026, 09:00–16:00",
        lambda f: "\n".join(f["days"]),
    ),
    _words("venue", "the venue", "Leeds Training Centre", lambda f: f["venue"].name),
    _lines("address", "its address", "12 High Street, Leeds LS1 4AB", lambda f: f["venue"].address),
    _lines("directions", "how to get there", "From the station turn left.", lambda f: f["venue"].directions),
    _lines(
        "parking",
        "where to park",
        "Behind the building, free after 18:00.",
        lambda f: f["venue"].parking_info,
    ),
    _link("online_link", "the room of an online course", "https://meet.example.com/room", _online),
    _lines(
        "instructors",
        "who teaches",
        "Sarah Whitfield",
        lambda f: ", ".join(person.name for person in rules.instructors_of(f["booking"].schedule)),
    ),
    _words("places", "how many places", "2 places", _for_booker(_places)),
    _lines("names", "who comes", "Jane Doe, Sam Poe", _for_booker(lambda f: ", ".join(f["attendees"]))),
    _words("total", "what it costs", "£150.00", _for_booker(lambda f: f["total"])),
    _words("due", "what is still to pay; empty when paid", "£50.00", _for_booker(lambda f: f["due"])),
    _words(
        "held_until",
        "until when places are held",
        "Fri 27 Feb 2026, 17:00",
        _for_booker(lambda f: f["held_until"]),
    ),
    _block(
        "details",
        "table: reference, course, when, where, how to get there",
        "details",
        "Reference: RFT-2026-0001\nCourse: First Aid at Work\nWhen: Tue 3 Mar 2026, 09:00–16:00\nWhere: Leeds Training Centre",
    ),
    _block(
        "people",
        "list of who comes",
        "people",
        "Who comes\n1. Jane Doe\n2. Sam Poe",
        _for_booker(lambda f: f["attendees"]),
    ),
    _block(
        "price",
        "table of the price",
        "price",
        "Price\n2 places at £75.00: £150.00",
        _for_booker(lambda f: f["lines"]),
    ),
    _block(
        "how_to_pay",
        "how to pay; empty when paid",
        "how_to_pay",
        "How to pay\nPlease pay £50.00.",
        _for_booker(lambda f: f["due"]),
    ),
)
TO_NAMES: Final = (
    _words("names_missing", "how many names are missing; empty when none", "2 names", _names_missing),
    _link("link", "where the booker gives the names", "https://example.com/names/…", lambda f: f["link"]),
)
TO_MANAGE: Final = (
    _link(
        "manage_link",
        "where the booker sees, changes and cancels the booking",
        "https://example.com/my/booking/…",
        lambda f: f["manage_link"],
    ),
)
CHOICE: Final = (
    _lines("reason", "why the date was called off", "The instructor is ill.", _of("choice", "reason")),
    _words(
        "amount",
        "what was paid; empty when nothing was",
        "£150.00",
        lambda f: "" if f["choice"]["status"] == "nothing_paid" else f["choice"]["amount"],
    ),
    _words("deadline", "until when to choose", "Fri 27 Feb 2026, 17:00", _of("choice", "deadline")),
    _words(
        "otherwise",
        "what happens without an answer",
        "the money goes back to you",
        _of("choice", "otherwise"),
    ),
    _words(
        "suggested",
        "another date that you suggested",
        "Tue 10 Mar 2026, 09:00–16:00",
        _of("choice", "proposed"),
    ),
    _link(
        "link",
        "where the booker chooses",
        "https://example.com/choice/…",
        lambda f: f["link"] if f["choice"]["status"] in ("open", "nothing_paid") else "",
    ),
)
CHOSEN: Final = (
    _words("amount", "the money", "£150.00", _of("choice", "amount")),
    _words(
        "as_credit",
        "not empty when it is kept as credit",
        "yes",
        lambda f: "yes" if f["choice"]["status"] == "credited" else "",
    ),
    _words(
        "by_default",
        "not empty when the booker did not answer in time",
        "yes",
        lambda f: "yes" if f["choice"]["by_default"] else "",
    ),
)
THANKS: Final = (
    _link(
        "review_link",
        "where to write a review, from Reminders",
        "https://reviews.example.com/",
        lambda f: f["review_url"],
    ),
)
PAID: Final = (
    _words("amount", "what was paid", "£100.00", _of("payment", "amount")),
    _words("way", "how", "by bank transfer", _of("payment", "method")),
    _words("paid_on", "when", "Mon 2 Mar 2026, 14:10", _of("payment", "paid_at")),
    _words("receipt", "the receipt number", "RFT-P-2026-0001", _of("payment", "reference")),
)
TO_PAY: Final = (
    _words("amount", "what is asked for", "£50.00", _pay("amount")),
    _words(
        "rest",
        "what is due later; empty without a deposit",
        "£100.00",
        lambda f: f["pay"].rest if f["pay"].is_deposit else "",
    ),
    _link("link", "where to pay", "https://example.com/pay/…", lambda f: f["link"]),
)
CERTIFICATE: Final = (
    _words("holder", "whose certificate it is", "Jane Doe", _told("holder")),
    _words(
        "is_own",
        "not empty when it goes to the holder",
        "yes",
        lambda f: "yes" if f["certificate"].is_own else "",
    ),
    _words("certificate", "its number", "RFT-C-2026-0001", _told("number")),
    _words("certificate_course", "the course as it says", "First Aid at Work", _told("course")),
    _words("valid_until", "until when; empty without end", "3 Mar 2029", _told("expires")),
    _link("check_link", "where anybody can check it", "https://example.com/verify/…", _told("check_url")),
    _link("link", "where to download it again", "https://example.com/certificate/…", lambda f: f["link"]),
)
EXPIRING: Final = (
    _words("holder", "whose certificate it is", "Jane Doe", _holder("name")),
    _words("is_own", "not empty when it goes to the holder", "yes", lambda f: "yes" if f["is_own"] else ""),
    _words("certificate", "its number", "RFT-C-2026-0001", _holder("number")),
    _words("certificate_course", "the course as it says", "First Aid at Work", _holder("course")),
    _words("valid_until", "until when", "3 Mar 2029", _holder("expires")),
    _link("check_link", "where anybody can check it", "https://example.com/verify/…", _holder("check_url")),
    _block(
        "next_course",
        "what to book next, with dates",
        "next_course",
        "First Aid at Work: Requalification\nThe next dates with places: Tue 6 Feb 2029",
    ),
)
DIGEST: Final = (
    _words("company", "the company", "Acme Ltd", lambda f: f["company"]),
    _words(
        "how_many",
        "how many certificates",
        "3 certificates",
        lambda f: f"{len(f['holders'])} certificate{'' if len(f['holders']) == 1 else 's'}",
    ),
    _block(
        "certificates", "list of the certificates", "certificates", "3 Mar 2029  Jane Doe, First Aid at Work"
    ),
    _block(
        "next_course",
        "what to book next, with dates",
        "next_course",
        "First Aid at Work: Requalification\nThe next dates with places: Tue 6 Feb 2029",
    ),
)
WAITING: Final = (
    _words("course", "the course", "First Aid at Work", _of("waiting", "course")),
    _words("places", "how many places", "2 places", _of("waiting", "places")),
    _lines(
        "dates",
        "the dates that are waited for, one to a line",
        "Tue 3 Mar 2026, 09:00–16:00\nTue 10 Mar 2026, 09:00–16:00",
        lambda f: "\n".join(f["waiting"]["dates"]),
    ),
    _link("link", "where to see it, or leave the list", "https://example.com/waiting/…", lambda f: f["link"]),
)
WAITED: Final = (
    *WAITING,
    _words("ended", "the date that was called off", "Tue 3 Mar 2026, 09:00–16:00", _of("waiting", "ended")),
)
OFFERED: Final = (
    *WAITING[1:],
    _words("amount", "what is to be paid; empty when it is free", "£150.00", _of("waiting", "total")),
    _words("held_until", "until when to accept", "Wed 25 Feb 2026, 14:00", _of("waiting", "held_until")),
)
REFUND: Final = (
    _words("amount", "the money", "£75.00", _of("refund", "amount")),
    _words("way", "which way it goes", "to the card you paid with", _of("refund", "way")),
    _words(
        "when", "when it arrives", "Your bank shows it within 5 to 10 working days.", _of("refund", "when")
    ),
    _words(
        "reference", "the booking’s reference; empty without one", "RFT-2026-0001", _of("refund", "booking")
    ),
    _words("number", "our number for it", "RFT-R-2026-0001", _of("refund", "reference")),
)
LOGIN: Final = (
    _words("login", "the address to sign in with", "jane@example.com", lambda f: f["user"].email),
    _link("link", "where to choose the password", "https://example.com/invitation/…", lambda f: f["link"]),
)
SIGN_IN: Final = (
    _words("login", "the address that signs in", "jane@example.com", lambda f: f["user"].email),
    _link("link", "where to sign in", "https://example.com/my/enter/…", lambda f: f["link"]),
)
REQUEST: Final = (
    _words("request", "our number for the request", "RFT-Q-2026-0001", lambda f: f["request"].reference),
    _words("company", "the company", "Acme Ltd", lambda f: f["request"].company_name),
    _words("topic", "what it is about", "First aid for our warehouse", lambda f: f["request"].topic),
    _words("course", "the course; empty without one", "First Aid at Work", lambda f: f["course_title"]),
    _words("people", "for how many; empty when not said", "12", lambda f: str(f["request"].headcount or "")),
    _lines(
        "wanted_days",
        "the days they asked for, one to a line",
        "Tue 3 Mar 2026\nThu 5 Mar 2026",
        lambda f: "\n".join(f["days"]),
    ),
)
FOLLOWED: Final = (
    *REQUEST,
    _link("link", "where they see how it stands", "https://example.com/companies/…", lambda f: f["link"]),
)
QUOTED: Final = (
    *REQUEST,
    _words("price", "the price for all of them", "£950.00", lambda f: f["price"]),
    _words("quoted_places", "for how many it is", "12 people", lambda f: _people(f["request"].quoted_places)),
    _words(
        "valid_until",
        "until when it is good; empty without end",
        "Fri 27 Mar 2026",
        lambda f: f["valid_until"],
    ),
    _lines(
        "message",
        "what you wrote with it",
        "Our instructor comes to you.",
        lambda f: f["request"].quote_message or "",
    ),
    _link("link", "where they answer the quote", "https://example.com/companies/…", lambda f: f["link"]),
)
REJECTED: Final = (
    *REQUEST,
    _lines(
        "reason",
        "why you say no",
        "We have no instructor for this.",
        lambda f: f["request"].rejection_reason or "",
    ),
)
# fmt: on


@dataclass(frozen=True)
class Kind:
    """What the text of one mail may use, and what it must not leave out."""

    own: tuple[Variable, ...] = ()
    needs: tuple[str, ...] = ()
    # Not where the reader may be neither who booked nor who comes: a holder years later, an employer.
    has_booking: bool = True
    has_note: bool = True

    @cached_property
    def variables(self) -> dict[str, Variable]:
        note = (NOTE,) if self.has_note else ()
        booking = BOOKING if self.has_booking else ()
        return {each.name: each for each in (*EVERYWHERE, *note, *booking, *self.own)}

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.variables)

    @cached_property
    def names_of_subject(self) -> frozenset[str]:
        return frozenset(each.name for each in self.variables.values() if each.in_subject)


KINDS: Final[dict[str, Kind]] = {
    "booking_received": Kind(TO_MANAGE, needs=("how_to_pay",)),
    "booking_confirmed": Kind((*TO_NAMES, *TO_MANAGE)),
    "booking_changed": Kind(TO_MANAGE, needs=("note",)),
    "booking_cancelled": Kind(),
    "date_called_off": Kind(CHOICE, ("link",)),
    "date_called_off_reminder": Kind(CHOICE, ("link",)),
    "choice_received": Kind(CHOSEN),
    "joining_instructions": Kind((*TO_NAMES, *TO_MANAGE)),
    "date_changed": Kind(needs=("note",)),
    "place_cancelled": Kind(),
    "reminder": Kind((*TO_NAMES, *TO_MANAGE)),
    "thanks": Kind(THANKS),
    "certificate_issued": Kind(CERTIFICATE, has_booking=False),
    "certificate_expiring": Kind(EXPIRING, has_booking=False),
    "certificate_digest": Kind(DIGEST, ("certificates",), has_booking=False),
    "names_missing": Kind(TO_NAMES, ("link",)),
    "hold_ended": Kind(),
    "waiting_joined": Kind(WAITING, ("link",), has_booking=False),
    "waiting_offer": Kind(OFFERED, ("link",)),
    "waiting_lapsed": Kind(WAITING[1:]),
    "waiting_ended": Kind(WAITED, has_booking=False),
    "company_request_received": Kind(FOLLOWED, has_booking=False),
    "company_quote": Kind(QUOTED, ("link",), has_booking=False),
    "company_request_rejected": Kind(REJECTED, has_booking=False),
    "payment_received": Kind(PAID),
    "payment_link": Kind(TO_PAY, ("link",)),
    "refund_made": Kind(REFUND, has_booking=False),
    "invitation": Kind(LOGIN, ("link",), has_booking=False),
    "password_reset": Kind(LOGIN, ("link",), has_booking=False),
    "sign_in": Kind(SIGN_IN, ("link",), has_booking=False),
    "bulk_mail": Kind(has_note=False),
}
