"""The printed confirmation of a booking, for a caller without e-mail."""

from __future__ import annotations

import io
from dataclasses import dataclass

from reportlab.platypus import Flowable, SimpleDocTemplate

from backoffice.documents import letter
from backoffice.documents.letter import MARGIN, PAGE
from backoffice.documents.plain_text import block, one_line
from backoffice.domain.money import format_money

_MOST_ATTENDEES = 200


@dataclass(frozen=True)
class Confirmation:
    """Everything that the letter says. Amounts are minor units of `currency`, VAT is included in the total.

    `days` are in words ("Tue 3 Mar 2026, 09:00–16:00"); an attendee without a name yet is an empty string.
    `held_until` (in words) marks places that are held but not confirmed. Empty fields leave their part out.
    """

    tenant_name: str
    reference: str
    course: str
    days: tuple[str, ...]
    venue_name: str
    currency: str
    list_minor: int
    total_minor: int
    discount_minor: int = 0
    discount_label: str = ""
    vat_minor: int = 0
    paid_minor: int = 0
    attendees: tuple[str, ...] = ()
    customer_name: str = ""
    customer_address: str = ""
    issued_on: str = ""
    venue_address: str = ""
    getting_there: str = ""
    what_to_bring: str = ""
    held_until: str = ""
    payment_instructions: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    tenant_address: str = ""

    @property
    def due_minor(self) -> int:
        """What is still to be paid; never below zero."""
        return max(self.total_minor - self.paid_minor, 0)


def confirmation_pdf(data: Confirmation, *, invariant: bool = True) -> bytes:
    """The letter as a PDF of A4 pages; with `invariant` the same data give the same bytes."""
    written = io.BytesIO()
    title = one_line(f"Booking {data.reference}")
    document = SimpleDocTemplate(
        written,
        pagesize=PAGE,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN * 0.7,
        bottomMargin=MARGIN * 0.8,
        title=title,
        author=one_line(data.tenant_name),
        subject=one_line(data.course),
        lang="en-GB",
        invariant=int(invariant),
    )
    footer = letter.Footer(one_line(f"{data.tenant_name} · {title}", maximum=70))
    document.build(_story(data), onFirstPage=footer, onLaterPages=footer)
    return written.getvalue()


def _story(data: Confirmation) -> list[Flowable]:
    return [
        *letter.head(one_line(data.tenant_name, maximum=80), _sender(data)),
        *letter.address_and_date(
            block(_addressee(data), maximum=400, maximum_lines=8), one_line(data.issued_on)
        ),
        *letter.headline(_headline(data), _opening(data)),
        letter.facts(_facts(data)),
        *_attendees(data),
        *_price(data),
        *_payment(data),
        letter.closing(_closing(data)),
    ]


def _sender(data: Confirmation) -> str:
    parts = (block(data.tenant_address, maximum=300, maximum_lines=6), *_contacts(data))
    return "\n".join(part for part in parts if part)


def _contacts(data: Confirmation) -> tuple[str, str]:
    return one_line(data.contact_phone, maximum=60), one_line(data.contact_email, maximum=120)


def _addressee(data: Confirmation) -> str:
    return "\n".join(part for part in (one_line(data.customer_name), data.customer_address) if part)


def _headline(data: Confirmation) -> str:
    return "Your places are held" if data.held_until else "Your booking is confirmed"


def _opening(data: Confirmation) -> str:
    places = "place" if len(data.attendees) == 1 else "places"
    count = f"{len(data.attendees)} {places} on " if data.attendees else ""
    if data.held_until:
        return f"We are holding {count}{one_line(data.course)} for you until {one_line(data.held_until)}."
    return f"Thank you for booking {count}{one_line(data.course)}. We look forward to seeing you."


def _facts(data: Confirmation) -> list[tuple[str, str]]:
    facts = [
        ("Reference", one_line(data.reference)),
        ("Course", one_line(data.course)),
        ("When", "\n".join(one_line(day, maximum=120) for day in data.days[:20])),
        (
            "Where",
            block("\n".join(part for part in (data.venue_name, data.venue_address) if part), maximum=600),
        ),
        ("Getting there", block(data.getting_there, maximum=1200)),
        ("Please bring", block(data.what_to_bring, maximum=1200)),
    ]
    return [(label, text) for label, text in facts if text]


def _attendees(data: Confirmation) -> list[Flowable]:
    if not data.attendees:
        return []
    names = [one_line(name) or "Name to follow" for name in data.attendees[:_MOST_ATTENDEES]]
    if len(data.attendees) > _MOST_ATTENDEES:
        names.append(f"and {len(data.attendees) - _MOST_ATTENDEES} more")
    return letter.numbered("Attending", names)


def _price(data: Confirmation) -> list[Flowable]:
    def money(minor: int) -> str:
        return format_money(minor, data.currency)

    count = len(data.attendees)
    lines = [(f"{count} places" if count > 1 else "Course fee", money(data.list_minor), False)]
    if data.discount_minor:
        lines.append((one_line(data.discount_label) or "Discount", "−" + money(data.discount_minor), False))
    lines.append(("Total", money(data.total_minor), True))
    if data.vat_minor:
        lines.append(("VAT included in the total", money(data.vat_minor), False))
    lines += [("Paid", money(data.paid_minor), False), ("Still to pay", money(data.due_minor), True)]
    return letter.sums("Price", lines)


def _payment(data: Confirmation) -> list[Flowable]:
    instructions = block(data.payment_instructions, maximum=1500, maximum_lines=25)
    if not data.due_minor or not (instructions or data.held_until):
        return []
    until = f"Please pay {format_money(data.due_minor, data.currency)}"
    if data.held_until:
        until += f" by {one_line(data.held_until)}. After that the places go back on sale"
    return letter.panel("How to pay", f"{until}.\n{instructions}".strip())


def _closing(data: Confirmation) -> str:
    ways = " or ".join(way for way in _contacts(data) if way)
    asks = f"call or write to us: {ways}" if ways else "get in touch with us"
    return f"To change anything, {asks}. Please give the reference {one_line(data.reference)}."
