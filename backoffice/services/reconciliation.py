"""Our ledger against a gateway's: begun, compared page by page, and closed with its sums and what differs.

Nothing is booked here. What differs is put before people; only a payment of ours that is still open is asked about as at
any other time (`jobs/reconciling.py` does it, since no transaction may be open meanwhile).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.reconciling import UNANSWERED, Difference, Sums
from backoffice.domain.times import to_local
from backoffice.models import GatewayAccount, Payment, Reconciliation, Tenant
from backoffice.services import work_items
from backoffice.services.control_totals import ControlTotal as ControlTotal
from backoffice.services.control_totals import control_totals as control_totals
from backoffice.services.outbox import ring_after_commit
from backoffice.tenancy import current_tenant_id

# Both sides stamp a payment with a clock of their own: what lies near the edge of a span is found on either side of it.
MARGIN = timedelta(days=1)
# A comparison that took longer lost its worker.
LONGEST = timedelta(minutes=20)
# A gateway that did not answer at night is asked again so often, for so long; then people are told.
AGAIN_AFTER = timedelta(hours=1)
TRIED_FOR = timedelta(hours=24)
MOST_KEPT = 500
MOST_ITEMS = 50
SHOWN = 50


@dataclass
class Findings:
    """What a comparison has seen so far."""

    time_zone: str
    sums: Sums = field(default_factory=Sums)
    days: dict[str, Sums] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    seen: set[UUID] = field(default_factory=set)
    looked_at: int = 0
    # Days of which the gateway left something unanswered: they do not count as compared.
    unanswered: set[str] = field(default_factory=set)

    def count(self, sums: Sums, at: datetime) -> None:
        """Add to the whole and to the tenant's own day of the instant."""
        self.sums.add(sums)
        self.days.setdefault(self._day(at), Sums()).add(sums)

    def note_no_answer(self, at: datetime) -> None:
        """The day of this instant was not heard in full."""
        self.unanswered.add(self._day(at))

    def as_days(self) -> dict[str, dict[str, Any]]:
        """Of each day what the run keeps: its eight figures, and a mark where they are not all."""
        days: dict[str, dict[str, Any]] = {day: asdict(sums) for day, sums in self.days.items()}
        for day in self.unanswered:
            days.setdefault(day, {})[UNANSWERED] = True
        return days

    def _day(self, at: datetime) -> str:
        return to_local(at, self.time_zone).date().isoformat()


# --- Beginning and ending ---


def begin(
    account: GatewayAccount,
    since: datetime,
    until: datetime,
    kind: str,
    actor: Actor,
) -> Reconciliation:
    """Write down that an account is to be compared over a span (UTC), and have it done after the commit."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    run = Reconciliation(
        gateway_account_id=account.id,
        kind=kind,
        since=since,
        until=until,
        currency=tenant.currency,
        asked_by_id=actor.user_id if actor.kind == "user" else None,
    )
    db.session.add(run)
    db.session.flush()
    ring_after_commit("reconciliation", run.id)
    return run


def list_accounts() -> list[GatewayAccount]:
    """Every account money came through, in use or not."""
    return list(
        db.session.scalars(select(GatewayAccount).order_by(GatewayAccount.gateway, GatewayAccount.id))
    )


def get(run_id: UUID) -> Reconciliation:
    """The comparison; raises NotFound."""
    run = db.session.get(Reconciliation, run_id, populate_existing=True)
    if run is None:
        raise NotFound("This comparison does not exist.")
    return run


def list_runs(limit: int = SHOWN) -> list[Reconciliation]:
    """The latest comparisons first."""
    return list(
        db.session.scalars(
            select(Reconciliation)
            .order_by(Reconciliation.created_at.desc(), Reconciliation.id.desc())
            .limit(limit)
        )
    )


def is_begun(account_id: UUID, kind: str, until: datetime) -> bool:
    """Whether a comparison of this kind was begun up to this instant."""
    known = select(Reconciliation.id).where(
        Reconciliation.gateway_account_id == account_id,
        Reconciliation.kind == kind,
        Reconciliation.until == until,
    )
    return db.session.scalar(known.limit(1)) is not None


def claim(run_id: UUID, now: datetime) -> Reconciliation | None:
    """Take a comparison that waits, whose worker died, or that failed at night; None when it is done or taken."""
    free = or_(Reconciliation.state == "waiting", _is_left(now))
    taking = (
        update(Reconciliation)
        .where(Reconciliation.id == run_id, free)
        .values(state="running", started_at=now, finished_at=None, error=None, looked_at=0)
        .returning(Reconciliation.id)
    )
    return get(run_id) if db.session.execute(taking).scalar() else None


def list_waiting(now: datetime) -> list[UUID]:
    """Comparisons whose ring was lost, whose worker died, or that failed at night and are tried again."""
    waiting = (Reconciliation.state == "waiting") & (Reconciliation.created_at < now - timedelta(minutes=1))
    return list(db.session.scalars(select(Reconciliation.id).where(or_(waiting, _is_left(now)))))


def _is_left(now: datetime) -> ColumnElement[bool]:
    dead = (Reconciliation.state == "running") & (Reconciliation.started_at < now - LONGEST)
    failed = (
        (Reconciliation.state == "failed")
        & (Reconciliation.kind != "asked")
        & (Reconciliation.finished_at < now - AGAIN_AFTER)
        & (Reconciliation.created_at > now - TRIED_FOR)
    )
    return or_(dead, failed)


def note_progress(run_id: UUID, looked_at: int) -> None:
    """How many payments were looked at so far."""
    db.session.execute(update(Reconciliation).where(Reconciliation.id == run_id).values(looked_at=looked_at))


def finish(run_id: UUID, findings: Findings, now: datetime) -> Reconciliation:
    """Close a comparison: its sums, its differences, and a piece of work for each that is new."""
    run = get(run_id)
    for name, value in asdict(findings.sums).items():
        setattr(run, name, value)
    run.days = findings.as_days()
    run.looked_at, run.finished_at = findings.looked_at, now
    run.difference_count = len(findings.differences)
    run.differences = [each.as_row() for each in findings.differences[:MOST_KEPT]]
    run.state = "different" if findings.differences else "equal"
    db.session.flush()
    _put_before_people(run, findings.differences)
    return run


def fail(run_id: UUID, reason: str, now: datetime) -> None:
    """The gateway could not be asked: nothing was compared. After a day of tries at an account in use, people are told."""
    run = get(run_id)
    run.state, run.error, run.finished_at = "failed", reason[:500], now
    db.session.flush()
    is_last = run.kind != "asked" and now + AGAIN_AFTER >= run.created_at + TRIED_FOR
    if is_last and run.account.is_in_use:
        _report_silence(run, now)


def _report_silence(run: Reconciliation, now: datetime) -> None:
    """Once a week for an account, however many nights go by."""
    year, week, _ = now.isocalendar()
    sentence = (
        f"{GATEWAY_LABELS[run.account.gateway]} could not be compared for a day: {run.error} "
        "Test the connection in Payments online."
    )
    work_items.add(
        "reconcile_failed", run, sentence, once_key=f"reconcile_failed:{run.account.id}:{year}-{week}"
    )


def _put_before_people(run: Reconciliation, differences: Sequence[Difference]) -> None:
    """A difference that lasts is listed once. What the gateway did not answer is only asked again."""
    asking = [each for each in differences if each.kind != "no_answer"]
    for each in asking[:MOST_ITEMS]:
        subject = db.session.get(Payment, UUID(each.payment_id)) if each.payment_id else None
        work_items.add(f"reconcile_{each.kind}", subject or run, each.sentence, once_key=each.once_key)
    if len(asking) > MOST_ITEMS:
        more = (
            f"{len(asking)} payments differ from {GATEWAY_LABELS[run.account.gateway]}: see the comparison."
        )
        work_items.add("reconcile_many", run, more)


def span_to_list(run: Reconciliation, now: datetime) -> tuple[datetime, datetime]:
    """What to ask the gateway for: the span with its margins.

    Lists go by whole seconds: that which has just begun is asked for as well.
    """
    return run.since - MARGIN, min(run.until + MARGIN, now + timedelta(seconds=1))
