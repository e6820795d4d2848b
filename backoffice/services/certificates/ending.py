"""The end of a certificate, and what is decided about one: replaced by a corrected one, revoked, or it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.statuses import check_move
from backoffice.domain.text import clean_line
from backoffice.domain.times import to_local
from backoffice.models import Certificate, CertificateRun, Tenant
from backoffice.services import audit
from backoffice.services.certificates.issuing import hold_registers, new_code
from backoffice.services.outbox import ring_after_commit
from backoffice.services.references import next_reference
from backoffice.tenancy import current_tenant_id

NAME_MAXIMUM = 100
REASON_MAXIMUM = 500
# What the new one says as the old one did.
KEPT = (
    *("attendee_id", "schedule_id", "course_id", "booking_id", "user_id", "course_title", "outcomes"),
    *("instructors", "taught_from", "taught_until", "expires_on", "wording"),
)


def reissue(
    certificate_id: UUID,
    first_name: str,
    last_name: str,
    reason: str,
    actor: Actor,
    *,
    now: datetime | None = None,
) -> CertificateRun:
    """A new certificate with this name and its own number; the old one shows as replaced. Its paper is made by the job.

    Raises Forbidden, NotFound, Invalid (first_name, last_name, reason), Refused unless the old one is valid.
    """
    actor.require("certificate.issue")
    names, reason = _clean_names(first_name, last_name), _clean_reason(reason)
    old = _get_for_reissue(certificate_id)
    is_in_review = old.needs_review
    _end(old, "replaced", reason, now or datetime.now(UTC))
    # The old one first: two that are valid for one attendee are refused.
    db.session.flush()
    run = CertificateRun(asked_by_id=actor.user_id, schedule_id=old.schedule_id, total=1)
    db.session.add(run)
    db.session.flush()
    new = _copy_of(old, run, names, now or datetime.now(UTC))
    # Another name answers for the name alone.
    new.needs_review = is_in_review
    db.session.add(new)
    db.session.flush()
    audit.record(
        actor,
        "certificate:reissue",
        old,
        old={"holder": old.holder, "number": old.number},
        new={"holder": new.holder, "number": new.number, "reason": reason},
    )
    audit.record(actor, "certificate:issue", new, new={"number": new.number, "replaces": old.number})
    ring_after_commit("certificate_run", run.id)
    return run


def revoke(certificate_id: UUID, reason: str, actor: Actor, *, now: datetime | None = None) -> Certificate:
    """Take a certificate back: whoever checks it reads so. Raises Forbidden, NotFound, Invalid (reason), Refused."""
    actor.require("certificate.issue")
    reason = _clean_reason(reason)
    certificate = _get_for_change(certificate_id)
    _end(certificate, "revoked", reason, now or datetime.now(UTC))
    db.session.flush()
    audit.record(
        actor,
        "certificate:revoke",
        certificate,
        old={"status": "valid"},
        new={"status": "revoked", "reason": reason},
    )
    return certificate


def confirm(certificate_id: UUID, reason: str, actor: Actor) -> Certificate:
    """It stands although the register was corrected. Raises Forbidden, NotFound, Invalid (reason), Refused."""
    actor.require("certificate.issue")
    reason = _clean_reason(reason)
    certificate = _get_for_change(certificate_id)
    if not certificate.needs_review:
        raise Refused("not_in_review", "Nobody asked for this certificate to be looked at.")
    certificate.needs_review = False
    audit.record(actor, "certificate:confirm", certificate, new={"reason": reason})
    return certificate


def _get_for_change(certificate_id: UUID) -> Certificate:
    found = lock_row(Certificate, Certificate.id == certificate_id)
    if found is None:
        raise NotFound("This certificate does not exist.")
    return found


def _get_for_reissue(certificate_id: UUID) -> Certificate:
    """A correction of the register waits, or we for it: it flags whichever certificate is valid then."""
    found = db.session.get(Certificate, certificate_id)
    if found is not None:
        hold_registers([found.attendee_id])
    return _get_for_change(certificate_id)


def _end(certificate: Certificate, status: str, reason: str, now: datetime) -> None:
    check_move("certificate", certificate.status, status)
    certificate.status, certificate.status_reason, certificate.ended_at = status, reason, now
    certificate.needs_review = False


def _copy_of(old: Certificate, run: CertificateRun, names: tuple[str, str], now: datetime) -> Certificate:
    tenant = db.session.get_one(Tenant, current_tenant_id())
    same: dict[str, Any] = {name: getattr(old, name) for name in KEPT}
    return Certificate(
        **same,
        run_id=run.id,
        number=next_reference("certificate", tenant, now),
        code=new_code(),
        holder_first_name=names[0],
        holder_last_name=names[1],
        issued_on=to_local(now, tenant.time_zone).date(),
        replaces_id=old.id,
    )


def _clean_names(first_name: str, last_name: str) -> tuple[str, str]:
    first = clean_line(first_name, field="first_name", maximum=NAME_MAXIMUM)
    last = clean_line(last_name, field="last_name", maximum=NAME_MAXIMUM)
    if not first and not last:
        raise Invalid("required", "Write the name that the certificate is to show.", field="first_name")
    return first, last


def _clean_reason(reason: str) -> str:
    return clean_line(reason, field="reason", maximum=REASON_MAXIMUM, required=True)
