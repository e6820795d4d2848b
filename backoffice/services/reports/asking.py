"""What a report is asked for, read from an address or from a saved report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backoffice.domain.errors import Invalid
from backoffice.domain.times import say_instant, to_local
from backoffice.models import Tenant
from backoffice.services.reports import periods
from backoffice.services.reports.lines import BASES
from backoffice.services.reports.tables import Asked, Report


def read(report: Report, given: Mapping[str, str], tenant: Tenant, now: datetime) -> Asked:
    """The wishes of a query string. Raises Invalid with the field for days that make no sense."""
    today = to_local(now, tenant.time_zone).date()
    preset = given.get("period", "")
    if not preset and (given.get("from") or given.get("until")):
        period = periods.read(given.get("from", ""), given.get("until", ""))
    else:
        preset = preset if preset in periods.PRESETS else periods.DEFAULT
        period = periods.preset(preset, today, tenant.country)
    return Asked(
        report=report.name,
        basis=_basis(report, given.get("basis", "")),
        period=period,
        zone=tenant.time_zone,
        currency=tenant.currency,
        now=now,
        preset=preset,
    )


def read_leniently(
    report: Report, given: Mapping[str, str], tenant: Tenant, now: datetime
) -> tuple[Asked, dict[str, str]]:
    """The same, with the usual period where the days make no sense; the second part says what was wrong, by field."""
    try:
        return read(report, given, tenant, now), {}
    except Invalid as error:
        usual = {"basis": given.get("basis", "")}
        return read(report, usual, tenant, now), {error.field or "from": error.message}


def link_values(asked: Asked) -> dict[str, Any]:
    """The arguments of an address that asks for the same."""
    if asked.preset:
        days = {"period": asked.preset}
    else:
        days = {"from": asked.period.first.isoformat(), "until": asked.period.last.isoformat()}
    return {"basis": asked.basis} | days if asked.basis else days


def facts(report: Report, asked: Asked) -> list[str]:
    """What every report says of itself: the days, by which day it counts, and whose clock."""
    said = [f"As of {say_instant(asked.now, asked.zone)}"]
    if report.has_period:
        said = [str(asked.period), report.counted or f"Counted by the day {BASES[asked.basis]}"]
    return [*said, f"Days in {asked.zone} time"]


def _basis(report: Report, wanted: str) -> str:
    if not report.bases:
        return ""
    return wanted if wanted in report.bases else report.bases[0]
