"""Who changed what: the audit, to be read and exported, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent
from backoffice.views.admin import filters, formats, history_words, timeline
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.export import ExportColumn
from backoffice.views.admin.filters import Filter
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.payments import staff_options
from backoffice.views.admin.pieces import record_link

ACTOR_KINDS = {
    "user": "Staff",
    "customer": "Customer",
    "system": "The system",
    "api": "Partner",
    "import": "Import",
}
# The table an entry is about -> (its word for people, its screen)
SUBJECTS = {
    "bookings": ("Bookings", "bookings"),
    "payments": ("Payments", "payments"),
    "refunds": ("Refunds", "refunds"),
    "users": ("People", "customers"),
    "companies": ("Companies", "companies"),
    "schedules": ("Dates", "schedules"),
    "courses": ("Courses", "courses"),
    "course_types": ("Course types", "course_types"),
    "venues": ("Venues", "venues"),
    "instructors": ("Instructors", "instructors"),
    "booking_groups": ("Booking groups", "booking_groups"),
    "discount_codes": ("Discount codes", "discount_codes"),
    "discount_rules": ("Discount rules", "discount_rules"),
    "messages": ("Messages", "messages"),
    "tenants": ("Settings", "settings"),
    "terms_texts": ("Terms", ""),
    "waiting_entries": ("Waiting lists", ""),
    "work_items": ("Tasks", ""),
}


# What is done to people who work here; other entries about people are about customers.
_OF_STAFF = frozenset(
    f"user:{verb}"
    for verb in (
        "sign_in",
        "invite",
        "role",
        "deactivate",
        "reactivate",
        "password",
        "ask_password",
        "update",
    )
)


def _what(view: Any, context: Any, event: AuditEvent, name: str) -> str:
    said = history_words.sentence(event.action, event.old_values, event.new_values)
    return said[:1].upper() + said[1:]


def _who(view: Any, context: Any, event: AuditEvent, name: str) -> str:
    return timeline.who(event)


def _about(view: Any, context: Any, event: AuditEvent, name: str) -> Any:
    words, screen = SUBJECTS.get(event.subject_type, (event.subject_type.replace("_", " "), ""))
    if screen == "customers" and event.action in _OF_STAFF and event.actor_kind != "customer":
        screen = "users"
    label = event.subject_label or words
    return record_link(screen, event.subject_id, label) if screen else label


def action_options() -> Sequence[tuple[str, str]]:
    """The actions that occurred, each found by a skip over the index: a list of all would read every entry."""
    newest = db.session.scalars(_DISTINCT_ACTIONS).all()
    return [(action, _say_action(action)) for action in newest if action]


def _say_action(action: str) -> str:
    noun, _, verb = action.partition(":")
    return f"{noun.replace('_', ' ')}: {verb.replace('_', ' ')}".capitalize()


def _skip_scan() -> Any:
    first = select(AuditEvent.action.label("action")).order_by(AuditEvent.action).limit(1)
    steps = select(first.subquery().c.action).cte("steps", recursive=True)
    following = (
        select(AuditEvent.action)
        .where(AuditEvent.action > steps.c.action)
        .order_by(AuditEvent.action)
        .limit(1)
        .scalar_subquery()
    )
    steps = steps.union_all(select(following).where(steps.c.action.is_not(None)))
    return select(steps.c.action).limit(200)


_DISTINCT_ACTIONS = _skip_scan()


class AuditScreen(AdminView):
    singular = "Entry"
    plural = "Who changed what"
    subject = "audit"
    form_columns = ()
    can_export = True
    details_template = "admin/settings/audit.html"
    empty_hint = "Every change is written down here."
    column_list = ("happened_at", "actor_name", "action", "subject_label", "address")
    column_labels = {
        "happened_at": "When",
        "actor_name": "Who",
        "action": "What",
        "subject_label": "About",
        "address": "From",
    }
    column_formatters = {"actor_name": _who, "action": _what, "subject_label": _about}
    list_filters = (
        filters.related("who", "Who", AuditEvent.actor_id, staff_options),
        filters.choice("kind", "Kind", AuditEvent.actor_kind, ACTOR_KINDS.items()),
        Filter(
            "action",
            "What",
            lambda word: AuditEvent.action == word,
            lambda text: text[:60],
            options=action_options,
        ),
        filters.choice(
            "about",
            "About",
            AuditEvent.subject_type,
            [(table, words) for table, (words, _) in SUBJECTS.items()],
        ),
        filters.from_day("from", "From", AuditEvent.happened_at),
        filters.until_day("until", "To", AuditEvent.happened_at),
    )
    search_hint = "Reference or name of the record"
    export_columns = (
        ExportColumn("When (UTC)", AuditEvent.happened_at),
        ExportColumn("Who", AuditEvent.actor_name),
        ExportColumn("Kind", AuditEvent.actor_kind),
        ExportColumn("Action", AuditEvent.action),
        ExportColumn("About", AuditEvent.subject_type),
        ExportColumn("Record", AuditEvent.subject_label),
        ExportColumn("Before", AuditEvent.old_values, str),
        ExportColumn("After", AuditEvent.new_values, str),
        ExportColumn("Address", AuditEvent.address),
        ExportColumn("Request", AuditEvent.request_id),
    )

    def search_ids(self, term: str) -> list[UUID]:
        fits = AuditEvent.subject_label.icontains(term, autoescape=True)
        newest = select(AuditEvent.id).where(fits, *self.scope()).order_by(AuditEvent.id.desc()).limit(1000)
        return list(db.session.scalars(newest))

    def title_of(self, row: AuditEvent) -> str:
        return f"{timeline.who(row)} {history_words.sentence(row.action, row.old_values, row.new_values)}"

    def facts_of(self, row: AuditEvent) -> list[tuple[str, Any]]:
        return [
            (
                "The entry",
                [
                    ("When", formats.show_value(row.happened_at)),
                    (
                        "Who",
                        f"{timeline.who(row)} ({ACTOR_KINDS.get(row.actor_kind, row.actor_kind).lower()})",
                    ),
                    ("About", _about(self, None, row, "")),
                    ("Action", row.action),
                    ("Address", formats.show_value(row.address)),
                    ("Browser", formats.show_value(row.agent), True),
                    ("Request", formats.show_value(row.request_id), True),
                ],
            )
        ]

    def details_context(self, model: AuditEvent) -> dict[str, Any]:
        changes = history_words.all_changes(model.action, model.old_values, model.new_values)
        rows = [
            [what, before or formats.nothing(), after or formats.nothing()] for what, before, after in changes
        ]
        table = RelatedTable("What changed", ["Field", "Before", "After"], rows, "No values were recorded.")
        return {"tables": [table]}
