"""What is written down of a waiting party: who it is goes with each entry, since a date's history shows several."""

from __future__ import annotations

from typing import Any

from backoffice.domain.actor import Actor
from backoffice.models import WaitingEntry
from backoffice.services import audit


def note(actor: Actor, verb: str, entry: WaitingEntry, **new: Any) -> None:
    """Write `waiting:<verb>` about a party."""
    audit.record(
        actor, f"waiting:{verb}", entry, new={"party": entry.contact_name, "places": entry.places} | new
    )
