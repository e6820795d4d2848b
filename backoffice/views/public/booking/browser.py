"""Which draft is this browser's: the signed cookie names one for each date, and nothing else of the booking."""

from __future__ import annotations

from uuid import UUID

from flask import request, session

from backoffice.database import new_id
from backoffice.models import BookingDraft
from backoffice.services import web_bookings
from backoffice.services.web_bookings import DraftKey
from backoffice.work import commit_once

KEPT = "booking_drafts"
# A cookie has little room; whoever looks at more dates keeps the last ones.
MOST = 8


def draft_id(schedule_id: UUID) -> UUID | None:
    """The draft of this browser for a date, or None."""
    named = _kept().get(schedule_id.hex)
    try:
        return UUID(str(named)) if named else None
    except ValueError:
        return None


def find_draft(schedule_id: UUID) -> BookingDraft | None:
    """The row of that draft, if anything was sent yet."""
    return web_bookings.find(draft_id(schedule_id), schedule_id)


def key_of(schedule_id: UUID) -> DraftKey:
    """What services know the draft by; a browser without one is given one."""
    known = draft_id(schedule_id) or begin(schedule_id)
    return DraftKey(known, schedule_id, request.remote_addr)


def begin(schedule_id: UUID) -> UUID:
    """A new draft for this date; what the browser had for it is let alone, and not led to any more."""
    made = new_id()
    others = {name: value for name, value in _kept().items() if name != schedule_id.hex}
    kept = list(others.items())[-(MOST - 1) :] + [(schedule_id.hex, made.hex)]
    session[KEPT] = dict(kept)
    return made


def renewed() -> dict[str, str]:
    """What was begun before signing in, for the session that begins then, under other ids than before."""
    found = {name: _renew(name, draft) for name, draft in _kept().items()}
    return {name: draft for name, draft in found.items() if draft}


def _renew(schedule: str, draft: str) -> str | None:
    try:
        made = commit_once(lambda: web_bookings.renew(UUID(draft), UUID(schedule)))
    except ValueError:
        return None
    return made.hex if made else None


def keep(drafts: dict[str, str]) -> None:
    """Lead this browser to these drafts."""
    if drafts:
        session[KEPT] = drafts


def _kept() -> dict[str, str]:
    known = session.get(KEPT)
    return known if isinstance(known, dict) else {}
