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
# [date, draft] in hex, the last used at the end: a cookie sorts what has names, and keeps a list as it is.
Kept = list[list[str]]
# A cookie has little room; whoever looks at more dates keeps the last ones.
MOST = 8


def draft_id(schedule_id: UUID) -> UUID | None:
    """The draft of this browser for a date, or None."""
    named = dict(_kept()).get(schedule_id.hex)
    try:
        return UUID(str(named)) if named else None
    except ValueError:
        return None


def find_draft(schedule_id: UUID) -> BookingDraft | None:
    """The row of that draft, if anything was sent yet."""
    return web_bookings.find(draft_id(schedule_id), schedule_id)


def key_of(schedule_id: UUID) -> DraftKey:
    """What services know the draft by; a browser without one is given one."""
    known = draft_id(schedule_id) or new_id()
    _lead_to(schedule_id, known)
    return DraftKey(known, schedule_id, request.remote_addr)


def begin(schedule_id: UUID) -> None:
    """A new draft for this date; what the browser had for it is let alone, and not led to any more."""
    _lead_to(schedule_id, new_id())


def _lead_to(schedule_id: UUID, draft: UUID) -> None:
    mine, kept = [schedule_id.hex, draft.hex], _kept()
    others = [each for each in kept if each[0] != schedule_id.hex]
    if kept[-1:] != [mine]:
        session[KEPT] = [*others[-(MOST - 1) :], mine]


def renewed() -> Kept:
    """What was begun before signing in, for the session that begins then, under other ids than before."""
    found = [(name, _renew(name, draft)) for name, draft in _kept()]
    return [[name, draft] for name, draft in found if draft]


def _renew(schedule: str, draft: str) -> str | None:
    try:
        made = commit_once(lambda: web_bookings.renew(UUID(draft), UUID(schedule)))
    except ValueError:
        return None
    return made.hex if made else None


def keep(drafts: Kept) -> None:
    """Lead this browser to these drafts."""
    if drafts:
        session[KEPT] = drafts


def _kept() -> Kept:
    known = session.get(KEPT)
    return known if isinstance(known, list) else []
