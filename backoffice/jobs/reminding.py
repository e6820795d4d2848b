"""Reminders: found once a minute, provider by provider, each in a commit of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from backoffice.jobs.housekeeping import for_each_tenant
from backoffice.services import reminders
from backoffice.work import commit_once


def remind() -> int:
    """Queue every mail that a rule makes due; how many. Two at once queue each mail once."""
    return for_each_tenant(lambda: commit_once(lambda: reminders.queue_due(datetime.now(UTC))))
