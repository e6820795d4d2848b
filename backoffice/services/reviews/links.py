"""The link with which one attendee says what they think; it opens nothing else."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Attendee
from backoffice.services import signed_links

PAGE: Final = "/review/"


def url_of(attendee: Attendee) -> str:
    """The full address, at the provider's own host. It is a secret: never written into a row or a log."""
    return signed_links.address(PAGE, token_of(attendee))


def token_of(attendee: Attendee) -> str:
    """The secret part of the address. A place that another person got has another one."""
    return signed_links.token_of("review", attendee.id, attendee.name)


def find_attendee(token: str) -> Attendee | None:
    """Whose link this is; None for a forged, foreign or dead one."""
    attendee_id = signed_links.read_id(token)
    attendee = db.session.scalar(select(Attendee).where(Attendee.id == attendee_id)) if attendee_id else None
    return attendee if attendee and signed_links.is_ours(token, token_of(attendee)) else None
