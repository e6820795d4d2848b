"""Who may do what: the one table of rights and roles. Anything not written here is refused."""

from __future__ import annotations

RIGHTS: dict[str, str] = {
    "desk.use": "Use the phone desk",
    "booking.read": "See bookings",
    "booking.place": "Take bookings",
    "booking.move": "Move a booking to another date",
    "booking.cancel": "Cancel bookings and places",
    "booking.edit": "Change names, contacts and notes of a booking",
    "booking.late_entry": "Book on a date that has started",
    "booking.override": "Book against a rule, with a reason",
    "payment.read": "See payments",
    "payment.take": "Record payments taken by hand",
    "refund.read": "See refunds",
    "refund.request": "Ask for a refund",
    "refund.execute": "Approve and pay out refunds",
    "refund.approve_large": "Approve refunds above the limit",
    "customer.read": "See customers",
    "customer.edit": "Change customers",
    "note.read": "Read personal notes",
    "note.write": "Write personal notes",
    "catalogue.read": "See courses, venues and instructors",
    "catalogue.edit": "Change courses, venues and instructors",
    "schedule.read": "See dates",
    "schedule.edit": "Plan and change dates",
    "schedule.override": "Plan a date against a rule, with a reason",
    "discount.read": "See discounts",
    "discount.edit": "Create and change discounts",
    "user.read": "See staff and their roles",
    "user.edit": "Invite staff and change their roles",
    "report.read": "See reports",
    "message.read": "See messages",
    "message.send": "Send and resend messages",
    "audit.read": "See who changed what",
    "settings.read": "See the settings",
    "settings.edit": "Change the settings",
    "corporate.read": "See what companies ask for",
    "corporate.edit": "Answer what companies ask for",
    "review.read": "See what learners say",
    "review.moderate": "Show and hide what learners say",
    "import.run": "Import spreadsheets",
    "register.own": "See the registers of one's own dates",
    "register.mark": "Mark attendance and outcome",
    "certificate.read": "See certificates",
    "certificate.issue": "Issue and revoke certificates",
    "own.read": "See one's own bookings and certificates",
    "tenant.operate": "Run the platform: tenants, domains, plans",
}

_PLATFORM = frozenset({"tenant.operate"})

# Secrets are behind settings.edit and personal notes behind note.read: a manager has neither.
_MANAGER = frozenset(
    {
        "booking.read",
        "payment.read",
        "refund.read",
        "refund.approve_large",
        "customer.read",
        "catalogue.read",
        "schedule.read",
        "discount.read",
        "user.read",
        "report.read",
        "message.read",
        "audit.read",
        "settings.read",
        "certificate.read",
        "corporate.read",
        "review.read",
    }
)

_OFFICE = frozenset(
    {
        "desk.use",
        "booking.read",
        "booking.place",
        "booking.move",
        "booking.cancel",
        "booking.edit",
        "payment.read",
        "payment.take",
        "refund.read",
        "refund.request",
        "customer.read",
        "customer.edit",
        "note.read",
        "note.write",
        "catalogue.read",
        "schedule.read",
        "discount.read",
        "message.read",
        "message.send",
        "register.mark",
        "certificate.read",
        "corporate.read",
        "corporate.edit",
        "review.read",
        "review.moderate",
    }
)

ROLES: dict[str, frozenset[str]] = {
    "admin": frozenset(RIGHTS) - _PLATFORM,
    "office": _OFFICE,
    "manager": _MANAGER,
    "instructor": frozenset({"register.own", "register.mark"}),
    "customer": frozenset({"own.read"}),
    "operator": _PLATFORM,
}

ROLE_LABELS: dict[str, str] = {
    "admin": "Administrator",
    "office": "Office staff",
    "manager": "Manager",
    "instructor": "Instructor",
    "customer": "Customer",
    "operator": "Platform operator",
}


def may(role: str | None, right: str) -> bool:
    """Whether the role has the right; no or an unknown role has none. A misspelt right raises ValueError."""
    if right not in RIGHTS:
        raise ValueError(f"unknown right: {right}")
    return role is not None and right in ROLES.get(role, frozenset())
