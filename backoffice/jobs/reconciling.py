"""Comparing our ledger with the gateways': no transaction is open while they are asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import DomainError
from backoffice.domain.gateway_terms import GatewayDelayed, GatewayRefused, Pointer, Standing
from backoffice.domain.reconciling import (
    OPEN,
    Here,
    Sums,
    compare,
    is_other_sum,
    no_answer,
    paid_twice,
    sums_of,
    unknown_here,
    unknown_there,
)
from backoffice.domain.times import day_bounds, to_local
from backoffice.gateways.protocol import Gateway
from backoffice.jobs import doorbell, gateways
from backoffice.models import GatewayAccount, Payment, Reconciliation, Tenant
from backoffice.services import (
    gateway_accounts,
    open_payments,
    reconciliation,
    reconciliation_sides,
    settling,
)
from backoffice.services.reconciliation import Findings
from backoffice.tenancy import current_tenant_id, tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

PAGE = 200
# Each night, when a day is over everywhere and little is sold.
NIGHT = time(3, 10)
NIGHT_DAYS = 3
# A gateway that cannot list is asked about each payment of the day before, one by one.
ASKED_DAYS = 1
MONTH_DAY = 1


# --- One comparison ---


def compare_account(tenant_id: str, run_id: str) -> None:
    """Make a comparison that waits."""
    with tenant_scope(UUID(tenant_id)):
        run_now(UUID(run_id))


def run_now(run_id: UUID) -> None:
    """The same inside a scope; one that is done, or somebody else's, is left alone."""
    claimed = commit_once(lambda: _claim(run_id))
    if claimed is None:
        return
    try:
        findings = _compare(run_id, *claimed)
    except (GatewayDelayed, GatewayRefused) as error:
        reason = str(error)
    except DomainError as error:
        reason = error.message
    except Exception:
        log.exception("comparison failed", extra={"run_id": run_id})
        reason = "Something went wrong on our side. It was noted; compare again."
    else:
        commit_once(lambda: reconciliation.finish(run_id, findings, datetime.now(UTC)))
        return
    db.session.rollback()
    commit_once(lambda: reconciliation.fail(run_id, reason, datetime.now(UTC)))


def _claim(run_id: UUID) -> tuple[Gateway, Findings] | None:
    run = reconciliation.claim(run_id, datetime.now(UTC))
    if run is None:
        return None
    time_zone = db.session.get_one(Tenant, current_tenant_id()).time_zone
    return gateway_accounts.open_account(run.account), Findings(time_zone)


def _compare(run_id: UUID, gateway: Gateway, findings: Findings) -> Findings:
    run = _fresh(run_id)
    if gateway.can_list:
        for page in _pages(gateway, run):
            _compare_page(run, gateway, page, findings)
            commit_once(lambda: reconciliation.note_progress(run_id, findings.looked_at))
            run = _fresh(run_id)
    for payment_id in _left(run, gateway, findings):
        _ask_about(run, gateway, payment_id, findings)
    return findings


def _fresh(run_id: UUID) -> Reconciliation:
    """The run, with nothing open: its values stay readable while the gateway is asked."""
    run = reconciliation.get(run_id)
    _ = run.account
    db.session.expunge(run)
    db.session.rollback()
    return run


def _pages(gateway: Gateway, run: Reconciliation) -> Iterator[list[Standing]]:
    standings = gateway.list_payments(*reconciliation.span_to_list(run, datetime.now(UTC)))
    while page := list(islice(standings, PAGE)):
        yield page


def _left(run: Reconciliation, gateway: Gateway, findings: Findings) -> list[UUID]:
    """What is in our books and was not in the gateway's list."""
    ids = reconciliation_sides.list_here(run, with_unpaid=not gateway.can_list)
    db.session.rollback()
    return [payment_id for payment_id in ids if payment_id not in findings.seen]


def _compare_page(run: Reconciliation, gateway: Gateway, page: list[Standing], findings: Findings) -> None:
    pairs = reconciliation_sides.match(run.gateway_account_id, page)
    db.session.rollback()
    for here, there in pairs:
        findings.looked_at += 1
        if here is None:
            _note_unknown(run, there, findings)
            continue
        known = _caught_up(gateway, here, there)
        if is_other_sum(known, there):
            _note_other_sum(run, known, there, findings)
        else:
            findings.seen.add(known.payment_id)
            _note_pair(run, known, there, findings)


def _caught_up(gateway: Gateway, here: Here, there: Standing) -> Here:
    """A payment that is still open here is asked about in the usual way, which books what it may."""
    if here.status not in OPEN or there.status != "succeeded":
        return here
    try:
        _ask_and_keep(gateway, here)
    except (GatewayDelayed, GatewayRefused) as error:
        log.warning("open payment not asked", extra={"payment_id": here.payment_id, "cause": str(error)})
    found = reconciliation_sides.find_here(here.payment_id) or here
    db.session.rollback()
    return found


def _ask_and_keep(gateway: Gateway, here: Here) -> Standing:
    standing = gateway.ask(_pointer(here.payment_id))
    if here.status in OPEN:
        gateways.keep_standing(here.payment_id, standing, gateways.actor_of(gateway.name))
    return standing


def _pointer(payment_id: UUID) -> Pointer:
    pointer = settling.pointer(db.session.get_one(Payment, payment_id))
    db.session.rollback()
    return pointer


def _ask_about(run: Reconciliation, gateway: Gateway, payment_id: UUID, findings: Findings) -> None:
    here = reconciliation_sides.find_here(payment_id)
    db.session.rollback()
    if here is None:
        return
    findings.looked_at += 1
    try:
        there = _ask_and_keep(gateway, here)
    except GatewayDelayed:
        findings.differences.append(no_answer(here))
        findings.note_no_answer(here.paid_at or _pointer(payment_id).started_at)
        _count(run, here, None, findings)
    except GatewayRefused as error:
        if here.is_paid:
            findings.differences.append(unknown_there(here, str(error)[:200]))
            _count(run, here, None, findings)
    else:
        found = reconciliation_sides.find_here(payment_id) or here
        db.session.rollback()
        _note_pair(run, found, there, findings)


def _note_pair(run: Reconciliation, here: Here, there: Standing, findings: Findings) -> None:
    """Differences of the span are noted; each side's sums are of the payments paid in it."""
    _keep_fee(here, there)
    at = here.paid_at or there.paid_at
    is_ours = at is None or run.since <= at < run.until
    if is_ours or there.refunds or there.refunded_minor or here.refunds:
        findings.differences.extend(compare(here, there))
    _count(run, here, there, findings)


def _note_other_sum(run: Reconciliation, here: Here, there: Standing, findings: Findings) -> None:
    """A card that was refused before another one paid is nothing; a second payment is money for nothing."""
    at = there.paid_at
    if there.status != "succeeded" or at is None or not run.since <= at < run.until:
        return
    findings.differences.append(paid_twice(here, there))
    findings.count(sums_of(None, there), at)


def _keep_fee(here: Here, there: Standing) -> None:
    """The one thing that a comparison writes down: what the gateway kept, where its first word did not say."""
    fee = there.fee_minor
    is_same = there.currency is None or there.currency.upper() == here.currency
    if fee is not None and is_same and here.is_paid and here.fee_minor is None:
        commit_once(lambda: settling.note_fee(here.payment_id, fee))


def _note_unknown(run: Reconciliation, there: Standing, findings: Findings) -> None:
    at = there.paid_at
    if there.status != "succeeded" or at is None or not run.since <= at < run.until:
        return
    findings.differences.append(unknown_here(there, run.currency))
    is_same = there.currency is None or there.currency.upper() == run.currency
    findings.count(sums_of(None, there) if is_same else Sums(), at)


def _count(run: Reconciliation, here: Here, there: Standing | None, findings: Findings) -> None:
    at = here.paid_at or (there.paid_at if there else None)
    if at is not None and run.since <= at < run.until:
        findings.count(sums_of(here, there), at)


# --- When ---


def keep_watch() -> int:
    """Every five minutes, for each tenant: open payments nobody asks about, comparisons that are due or were lost."""
    with current_app.app_context():
        tenant_ids = list(db.session.scalars(select(Tenant.id).order_by(Tenant.id)))
    return sum(_watch(tenant_id) for tenant_id in tenant_ids)


def _watch(tenant_id: UUID) -> int:
    with current_app.app_context(), tenant_scope(tenant_id):
        try:
            now = datetime.now(UTC)
            pushed = commit_once(lambda: open_payments.pull_forward(now))
            late = commit_once(lambda: open_payments.report_unanswered(now))
            waiting = reconciliation.list_waiting(now)
            doorbell.ring(("reconciliation", tenant_id, run_id) for run_id in waiting)
            return pushed + late + begin_due(now)
        except Exception:  # what fails for one tenant does not stop the others
            log.exception("no watch over the gateways", extra={"tenant_id": tenant_id})
            return 0


def begin_due(now: datetime) -> int:
    """Begin the nightly comparison of each account, and once a month the one of everything; how many."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    local = to_local(now, tenant.time_zone)
    if local.time() < NIGHT:
        return 0
    until = day_bounds(local.date(), tenant.time_zone)[0]
    begun = 0
    for account in reconciliation.list_accounts():
        begun += _begin_once(account, until, tenant, is_month=False)
        if local.day == MONTH_DAY:
            begun += _begin_once(account, until, tenant, is_month=True)
    return begun


def _begin_once(account: GatewayAccount, until: datetime, tenant: Tenant, *, is_month: bool) -> int:
    can_list = gateway_accounts.open_account(account).can_list
    kind, days = ("month", 0) if is_month else ("night", NIGHT_DAYS if can_list else ASKED_DAYS)
    if (is_month and not can_list) or reconciliation.is_begun(account.id, kind, until):
        return 0
    first = to_local(account.created_at if is_month else until - timedelta(days=days), tenant.time_zone)
    since = day_bounds(first.date(), tenant.time_zone)[0]
    if since >= until:
        return 0
    try:
        commit_once(lambda: reconciliation.begin(account, since, until, kind, SYSTEM))
    except DomainError:  # another scheduler was quicker
        return 0
    return 1
