"""Two administrators at once: one logo in the end, and of two who change the look one is told."""

from __future__ import annotations

import io
from functools import partial

from PIL import Image
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import TenantLogo
from backoffice.services.certificates import look
from tests import factories
from tests.races.arena import Arena, outcomes

ADMIN = factories.actor("admin")


def picture(side: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), (15, 90, 110)).save(written, "PNG")
    return written.getvalue()


def test_eight_logos_at_once_leave_one(arena: Arena) -> None:
    arena.run(*(partial(look.set_logo, picture(40 + number), ADMIN) for number in range(8)))
    assert arena.make(lambda: db.session.scalar(select(func.count()).select_from(TenantLogo))) == 1


def test_of_eight_who_change_the_look_one_does(arena: Arena) -> None:
    version = arena.make(lambda: look.catalogue.current_tenant().version)
    names = [{"certificate_signatory": f"Signer {number}"} for number in range(8)]
    ends = outcomes(arena.run(*(partial(look.update, each, ADMIN, version=version) for each in names)))
    assert ends["changed"] == 7, ends


def test_without_the_version_the_second_overwrites_the_first(arena: Arena) -> None:
    """The control: what both have seen is not asked for."""
    for name in ("First", "Second"):
        arena.run(partial(look.update, {"certificate_signatory": name}, ADMIN))
    assert arena.make(look.choices)["certificate_signatory"] == "Second"
