"""Pictures of the public site: kept in two sizes, addressed by what is in them, never changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from backoffice.database import among, db
from backoffice.documents.web_picture import read_web_picture
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.models import Course, Instructor, Picture, TenantSite
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id

MOST_REMEMBERED = 5_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Shown:
    """What a page needs to show a picture: addresses of both sizes, and their measures in pixels."""

    small_url: str
    large_url: str
    small_width: int
    width: int
    height: int

    @property
    def sources(self) -> str:
        """The choice of sizes as an `srcset`."""
        if self.small_url == self.large_url:
            return ""
        return f"{self.small_url} {self.small_width}w, {self.large_url} {self.width}w"


# A picture never changes: what is known of it stays true.
_known: dict[tuple[UUID, UUID], Shown] = {}


def store(uploaded: bytes, *, field: str = "picture") -> Picture:
    """Keep an uploaded picture; the caller asks for the right and says in the audit what it is for. Raises Invalid."""
    read = read_web_picture(uploaded, field=field)
    picture = Picture(
        large=read.large,
        small=read.small,
        sha256=hashlib.sha256(read.large).hexdigest(),
        small_sha256=hashlib.sha256(read.small).hexdigest(),
        width=read.width,
        height=read.height,
        small_width=read.small_width,
    )
    db.session.add(picture)
    db.session.flush()
    return picture


def give(row: Any, uploaded: bytes, noun: str, actor: Actor) -> None:
    """Make this the picture of a course or an instructor; the one before is left to the retention.

    Raises Forbidden, Invalid (picture).
    """
    actor.require("catalogue.edit")
    let_go(row.picture_id)
    row.picture = store(uploaded)
    row.picture_id = row.picture.id
    db.session.flush()
    audit.record(actor, f"{noun}:picture", row, new={"picture": str(row.picture)})


def take_off(row: Any, noun: str, actor: Actor) -> None:
    """Show the course or the instructor without a picture. Raises Forbidden, NotFound."""
    actor.require("catalogue.edit")
    if row.picture_id is None:
        raise NotFound("There is no picture.")
    let_go(row.picture_id)
    row.picture = row.picture_id = None
    db.session.flush()
    audit.record(actor, f"{noun}:picture_removed", row)


def let_go(picture_id: UUID | None) -> None:
    """Note that a picture is shown no more from now on; the retention removes it when no page can ask for it."""
    if picture_id:
        db.session.execute(update(Picture).where(Picture.id == picture_id).values(updated_at=func.now()))


def is_unused_since(before: datetime) -> ColumnElement[bool]:
    """The criterion of pictures that nothing shows, and that nothing has shown since `before` (UTC)."""
    shown = (Course.picture_id, Instructor.picture_id, TenantSite.hero_picture_id, TenantSite.logo_picture_id)
    uses = (exists().where(column == Picture.id) for column in shown)
    return and_(Picture.updated_at < before, *(~use for use in uses))


def find_shown(picture_id: UUID | None) -> Shown | None:
    """How to show a picture, or None where there is none."""
    return shown_of([picture_id]).get(picture_id) if picture_id else None


def shown_of(picture_ids: Iterable[UUID | None]) -> dict[UUID, Shown]:
    """How to show each of many pictures, with one query for those that are not known yet."""
    wanted = {each for each in picture_ids if each}
    tenant_id = current_tenant_id()
    known = {each: shown for each in wanted if (shown := _known.get((tenant_id, each)))}
    unknown = list(wanted - known.keys())
    return known | _read(tenant_id, unknown) if unknown else known


def find_content(digest: str) -> bytes | None:
    """The WebP of this digest, or None; another provider's is nobody's."""
    if not _DIGEST.fullmatch(digest):
        return None
    sizes = select(Picture.sha256, Picture.large, Picture.small).where(
        or_(Picture.sha256 == digest, Picture.small_sha256 == digest)
    )
    found = db.session.execute(sizes.limit(1)).first()
    if found is None:
        return None
    return bytes(found.large if found.sha256 == digest else found.small)


def _read(tenant_id: UUID, picture_ids: list[UUID]) -> dict[UUID, Shown]:
    if len(_known) > MOST_REMEMBERED:
        _known.clear()
    rows = db.session.scalars(select(Picture).where(among(Picture.id, picture_ids)))
    found = {picture.id: _shown(picture) for picture in rows}
    _known.update({(tenant_id, each): shown for each, shown in found.items()})
    return found


def _shown(picture: Picture) -> Shown:
    return Shown(
        small_url=f"/picture/{picture.small_sha256}.webp",
        large_url=f"/picture/{picture.sha256}.webp",
        small_width=picture.small_width,
        width=picture.width,
        height=picture.height,
    )
