"""Keeping the sums of the reports ready, and mailing the reports that people saved."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from backoffice.jobs.housekeeping import for_each_tenant
from backoffice.services import saved_reports
from backoffice.services.reports import rollup
from backoffice.work import commit_once

# For all providers together: the other periodic work waits meanwhile. What is left is done a minute later.
SECONDS = 8.0


def sum_up_days() -> int:
    """Sum up what was paid, booked and taught on the days that are over or have changed; how many days."""
    deadline = time.monotonic() + SECONDS
    return for_each_tenant(lambda: _sum_up(deadline))


def mail_saved_reports() -> int:
    """Queue the mails of the saved reports that are due; how many reports."""
    return for_each_tenant(lambda: commit_once(lambda: saved_reports.queue_due(datetime.now(UTC))))


def _sum_up(deadline: float) -> int:
    return rollup.refresh_all(datetime.now(UTC), deadline - time.monotonic(), commit_once)
