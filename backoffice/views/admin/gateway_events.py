"""Gateway messages: what Stripe, M-Pesa and Flutterwave told us, what became of it, and applying it once more."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload
from wtforms import StringField, validators

from backoffice.database import db
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.payloads import shown
from backoffice.models import GatewayAccount, GatewayEvent, Payment
from backoffice.services import gateway_events
from backoffice.views.admin import formats, pieces, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.filters import Filter, choice, from_day, one_of, until_day
from backoffice.views.admin.forms import PlainText, ScreenForm
from backoffice.views.requests import current_actor

MOST_FOUND = 200
LONGEST_SHOWN = 100_000

STATES: dict[str, tuple[str, str, Any]] = {
    "waiting": (
        "Waiting",
        "wait",
        and_(GatewayEvent.processed_at.is_(None), GatewayEvent.dead_at.is_(None)),
    ),
    "applied": ("Applied", "good", GatewayEvent.processed_at.is_not(None)),
    "failed": ("Given up", "bad", GatewayEvent.dead_at.is_not(None)),
}


def state_name(event: GatewayEvent) -> str:
    """The word of STATES for an event."""
    if event.processed_at is not None:
        return "applied"
    return "failed" if event.dead_at is not None else "waiting"


def state_pill(event: GatewayEvent) -> Markup:
    """Its state as a coloured word."""
    label, tone, _ = STATES[state_name(event)]
    return Markup('<span class="pill pill-{}">{}</span>').format(tone, label)


def _state(view: Any, context: Any, event: GatewayEvent, name: str) -> Any:
    return state_pill(event)


def _payment(view: Any, context: Any, event: GatewayEvent, name: str) -> Any:
    if event.payment is None:
        return formats.nothing()
    return pieces.record_link("payments", event.payment_id, event.payment.reference)


def _outcome(view: Any, context: Any, event: GatewayEvent, name: str) -> Any:
    return formats.show_value(event.last_error or event.outcome)


STATE = Filter(
    "state",
    "State",
    lambda word: STATES[word][2],
    one_of(set(STATES)),
    options=[(word, label) for word, (label, _, _) in STATES.items()],
)


class SetAsideForm(ScreenForm):
    reason = StringField(
        "Why",
        [validators.InputRequired(), PlainText(200)],
        description="What was found at the gateway, for whoever asks later.",
    )


class GatewayEventScreen(AdminView):
    singular = "Gateway message"
    plural = "Gateway messages"
    subject = "gateway_event"
    empty_hint = "What the payment gateways tell appears here, as it came."
    form_columns = ()
    column_list = ("received_at", "gateway", "kind", "event_id", "payment", "outcome", "state")
    column_labels = {
        "received_at": "Came",
        "kind": "What",
        "event_id": "Its number",
        "outcome": "What became of it",
    }
    column_formatters = {
        "gateway": formats.choice(GATEWAY_LABELS),
        "payment": _payment,
        "outcome": _outcome,
        "state": _state,
    }
    details_template = "admin/gateways/message.html"
    search_hint = "Number of the message, payment reference"
    list_load = (joinedload(GatewayEvent.payment),)
    details_load = (joinedload(GatewayEvent.payment), joinedload(GatewayEvent.account))
    list_filters = (
        choice("gateway", "Gateway", GatewayEvent.gateway, GATEWAY_LABELS.items()),
        STATE,
        from_day("from", "From", GatewayEvent.received_at),
        until_day("until", "To", GatewayEvent.received_at),
    )

    def search_ids(self, term: str) -> list[UUID]:
        """A whole number of a message, through its index, or a whole payment reference."""
        accounts = select(GatewayAccount.id).scalar_subquery()
        by_number = and_(GatewayEvent.gateway_account_id.in_(accounts), GatewayEvent.event_id == term)
        of_payment = GatewayEvent.payment_id.in_(select(Payment.id).where(Payment.reference == term.upper()))
        return [
            event_id
            for criterion in (by_number, of_payment)
            for event_id in db.session.scalars(
                select(GatewayEvent.id).where(*self.scope(), criterion).limit(MOST_FOUND)
            )
        ]

    def title_of(self, row: GatewayEvent) -> str:
        return f"{GATEWAY_LABELS.get(row.gateway, row.gateway)}: {row.kind}"

    def facts_of(self, row: GatewayEvent) -> list[tuple[str, list[Any]]]:
        facts: list[Any] = [
            ("State", state_pill(row)),
            ("Came", formats.show_value(row.received_at)),
            ("Happened", formats.show_value(row.happened_at)),
            ("Number at the gateway", row.event_id),
            ("Account", row.account.key_hint or str(row.account)),
            ("Payment", self.shown(row, "payment")),
            ("Tries", row.attempts),
            ("What became of it", formats.show_value(row.outcome), True),
        ]
        if row.last_error:
            facts.append(("What went wrong", row.last_error, True))
        return [("The message", facts)]

    def details_context(self, model: GatewayEvent) -> dict[str, Any]:
        text = json.dumps(shown(model.payload), indent=2, ensure_ascii=False)
        return {
            "payload": text[:LONGEST_SHOWN],
            "is_cut": len(text) > LONGEST_SHOWN,
            "timeline": timeline.of_row(model),
        }

    @screen_action(
        "Apply again",
        right="settings.edit",
        ask="It is read and applied once more. What it changed before is not changed twice.",
        bulk=True,
    )
    def replay(self, event: GatewayEvent, form: ScreenForm) -> str:
        gateway_events.replay(event.id, current_actor())
        return "The message is being applied again: look at it in a moment."

    @screen_action(
        "Set aside",
        right="settings.edit",
        ask="It leaves the list of messages that were given up, and changes nothing. Look the payment up at the gateway first.",
        form=SetAsideForm,
        applies=lambda event: event.dead_at is not None,
    )
    def set_aside(self, event: GatewayEvent, form: SetAsideForm) -> str:
        gateway_events.set_aside(event.id, form.reason.data, current_actor())
        return "The message is set aside."
