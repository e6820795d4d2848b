"""The blueprint, and the address of a register."""

from uuid import UUID

from flask import Blueprint, url_for

from backoffice.views.access import allowed

blueprint = Blueprint("registers", __name__, url_prefix="/admin/registers")


def register_url(schedule_id: UUID) -> str | None:
    """Where a date's register is; None for whoever may not open registers."""
    return url_for("registers.page", id=schedule_id) if allowed("registers.page") else None
