"""Making the papers of a run, in batches: drawn, archived with their digest, and their mails queued.

A try is counted and committed before it begins, so that one that takes the worker down with it is known. Whatever was
tried before is tried alone: a certificate that kills its worker five times takes nobody else's with it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from typing import cast as cast_type
from uuid import UUID

from sqlalchemy import Table, Text, Uuid, case, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from backoffice.database import among, db, new_id
from backoffice.documents.certificate_pdf import certificate_pdf
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Attendee, Booking, Certificate, CertificateFile, CertificateRun, Message
from backoffice.services import audit
from backoffice.services.certificates import reading
from backoffice.services.certificates.look import Look
from backoffice.services.certificates.mailing import TEMPLATE
from backoffice.services.certificates.papers import paper_of
from backoffice.services.outbox import ring_after_commit
from backoffice.tenancy import current_tenant_id

log = logging.getLogger(__name__)

# Inserted past the ORM, which would make an object of each row.
FILES, MESSAGES = cast_type(Table, CertificateFile.__table__), cast_type(Table, Message.__table__)

BATCH = 20
MAXIMUM_TRIES = 5
# How long a claim holds: a killed worker's run is carried on after it. Each batch renews it.
CLAIM = timedelta(seconds=30)
# Between two tries of what cannot be drawn.
PAUSE = timedelta(seconds=10)
WORN_OUT = "Every try ended without an answer, as when the worker itself dies."


def claim(run_id: UUID) -> bool:
    """Take the run for a turn; False when it is finished, not due, or somebody else's. Commit at once."""
    statement = (
        update(CertificateRun)
        .where(
            CertificateRun.id == run_id,
            CertificateRun.finished_at.is_(None),
            CertificateRun.next_attempt_at <= func.now(),
        )
        .values(attempts=CertificateRun.attempts + 1, next_attempt_at=func.now() + CLAIM)
        .returning(CertificateRun.id)
    )
    return db.session.execute(statement).scalar() is not None


def take(run_id: UUID, at_most: int = BATCH) -> list[UUID]:
    """The certificates to be made next, each with its try counted; none when nothing of the run waits.

    Fresh ones together; when there are none left, one that was tried before. Commit before drawing.
    """
    fresh = _waiting(run_id).where(Certificate.attempts == 0).order_by(Certificate.id).limit(at_most)
    ids = list(db.session.scalars(fresh))
    if not ids:
        _give_up_worn_out(run_id)
        again = _waiting(run_id).order_by(Certificate.attempts, Certificate.id).limit(1)
        ids = list(db.session.scalars(again))
    _update(ids, attempts=Certificate.attempts + 1)
    return ids


def make(run_id: UUID, ids: Sequence[UUID], look: Look) -> int:
    """Draw and archive these, and queue their mails; how many were made. What cannot be drawn is noted."""
    drawn, problems = _draw(ids, look)
    made = _archive(drawn)
    _queue_mails(made)
    failed = sum(_note(each, reason) for each, reason in problems.items())
    _count(run_id, len(made), failed)
    return len(made)


def hand_back(run_id: UUID, *, pause: timedelta = timedelta(0)) -> bool:
    """End a turn: the run is finished when nothing of it waits any more, otherwise due again after the pause.

    Without a pause it is rung for, at the end of the queue. Returns whether it is finished.
    """
    is_left = select(Certificate.id).where(*_waits(run_id)).exists()
    if not db.session.scalar(select(is_left)):
        _update_run(run_id, finished_at=func.now())
        return True
    _update_run(run_id, next_attempt_at=func.now() + pause)
    if not pause:
        ring_after_commit("certificate_run", run_id)
    return False


# --- Certificates of a run ---


def _waits(run_id: UUID) -> tuple[Any, Any]:
    return Certificate.run_id == run_id, Certificate.making == "waiting"


def _waiting(run_id: UUID) -> Any:
    # Whoever else makes certificates of this run, because a claim ran out, is passed by.
    return select(Certificate.id).where(*_waits(run_id)).with_for_update(skip_locked=True, key_share=True)


def _give_up_worn_out(run_id: UUID) -> None:
    worn = list(db.session.scalars(_waiting(run_id).where(Certificate.attempts >= MAXIMUM_TRIES)))
    _update(worn, making="failed", last_error=WORN_OUT)
    _count(run_id, 0, len(worn))


def _draw(ids: Sequence[UUID], look: Look) -> tuple[dict[UUID, bytes], dict[UUID, str]]:
    """The papers that could be drawn, and a sentence for each that could not."""
    drawn, problems = {}, {}
    for certificate in db.session.scalars(select(Certificate).where(among(Certificate.id, ids))):
        try:
            drawn[certificate.id] = certificate_pdf(paper_of(certificate, look))
        except Exception as error:  # whatever it is: the others are drawn
            log.exception("certificate not drawn", extra={"certificate_id": certificate.id})
            problems[certificate.id] = (
                f"The paper could not be drawn ({type(error).__name__}). The log has the details."
            )
    return drawn, problems


def _archive(drawn: dict[UUID, bytes]) -> list[UUID]:
    """Keep the papers; the ids of those that nobody else had archived meanwhile."""
    if not drawn:
        return []
    rows = [
        {
            "tenant_id": current_tenant_id(),
            "id": new_id(),
            "certificate_id": certificate_id,
            "content": content,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for certificate_id, content in drawn.items()
    ]
    statement = insert(FILES).values(rows)
    db.session.connection().execute(
        statement.on_conflict_do_nothing(index_elements=["tenant_id", "certificate_id"])
    )
    return _update(list(drawn), Certificate.making == "waiting", making="made", last_error=None)


def _note(certificate_id: UUID, reason: str) -> bool:
    """Keep why it was not made; True when that was its last try."""
    is_last = Certificate.attempts >= MAXIMUM_TRIES
    making = case((is_last, "failed"), else_="waiting")
    _update([certificate_id], Certificate.making == "waiting", making=making, last_error=reason)
    state = select(Certificate.making).where(Certificate.id == certificate_id)
    return db.session.scalar(state) == "failed"


def _update(ids: Sequence[UUID], *where: Any, **values: Any) -> list[UUID]:
    statement = update(Certificate).where(among(Certificate.id, ids), *where).values(**values)
    changed = statement.returning(Certificate.id).execution_options(synchronize_session=False)
    return list(db.session.scalars(changed)) if ids else []


# --- The run ---


def _count(run_id: UUID, made: int, failed: int) -> None:
    """What was done, and a claim that holds again: the run is alive."""
    _update_run(
        run_id,
        made=CertificateRun.made + made,
        failed=CertificateRun.failed + failed,
        attempts=0,
        next_attempt_at=func.now() + CLAIM,
    )


def _update_run(run_id: UUID, **values: Any) -> None:
    statement = update(CertificateRun).where(CertificateRun.id == run_id).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def _queue_mails(made: Sequence[UUID]) -> None:
    """One mail for each that is valid still and reaches somebody: the attendee, otherwise who booked."""
    if not made:
        return
    lists = func.unnest(cast(list(made), ARRAY(Uuid)), cast([new_id() for _ in made], ARRAY(Uuid)))
    given = lists.table_valued("certificate_id", "message_id", name="given").render_derived()
    holder = func.trim(func.concat(Certificate.holder_first_name, " ", Certificate.holder_last_name))
    booker = func.trim(func.concat(Booking.contact_first_name, " ", Booking.contact_last_name))
    # Who booked a place for himself often leaves its own address empty.
    is_own = or_(Attendee.email.is_not(None), func.lower(holder) == func.lower(booker))
    columns = {
        "tenant_id": Certificate.tenant_id,
        "id": cast(given.c.message_id, Uuid),
        "template": literal(TEMPLATE),
        "recipient": func.coalesce(Attendee.email, Booking.contact_email),
        "recipient_name": func.left(case((Attendee.email.is_not(None), holder), else_=booker), 200),
        "booking_id": Certificate.booking_id,
        "queued_by_id": CertificateRun.asked_by_id,
        "data": func.jsonb_build_object("certificate_id", cast(Certificate.id, Text), "is_own", is_own),
        "once_key": func.concat("certificate:", cast(Certificate.id, Text)),
    }
    chosen = (
        select(*columns.values())
        .join(given, given.c.certificate_id == Certificate.id)
        .join(Attendee, Attendee.id == Certificate.attendee_id)
        .join(Booking, Booking.id == Certificate.booking_id)
        .join(CertificateRun, CertificateRun.id == Certificate.run_id)
        .where(Certificate.status == "valid", columns["recipient"].is_not(None))
    )
    statement = insert(MESSAGES).from_select(list(columns), chosen, include_defaults=False)
    statement = statement.on_conflict_do_nothing(index_elements=["tenant_id", "once_key"])
    for message_id in db.session.scalars(statement.returning(MESSAGES.c.id)):
        ring_after_commit("message", message_id)


# --- What people do with what failed ---


def try_again(run_id: UUID, actor: Actor) -> int:
    """Have the failed certificates of a run made again; how many. Raises Forbidden, NotFound, Refused for none."""
    actor.require("certificate.issue")
    run = reading.get_run(run_id)
    of_run = select(Certificate.id).where(Certificate.run_id == run_id)
    failed = list(db.session.scalars(of_run.where(Certificate.making == "failed")))
    again = _update(failed, Certificate.making == "failed", making="waiting", attempts=0, last_error=None)
    if not again:
        raise Refused("nothing_failed", "None of these certificates failed.")
    _update_run(
        run_id, failed=CertificateRun.failed - len(again), finished_at=None, next_attempt_at=func.now()
    )
    audit.record(actor, "certificate:try_again", run, new={"certificates": len(again)})
    ring_after_commit("certificate_run", run_id)
    return len(again)
