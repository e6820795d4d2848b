"""Mails that nobody presses a key for at that moment: found in turn, provider by provider, each in a commit of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from backoffice.jobs.housekeeping import for_each_tenant
from backoffice.services import bulk_mails, reminders
from backoffice.work import commit_once


def remind() -> int:
    """Queue every mail that a rule makes due; how many. Two at once queue each mail once."""
    return for_each_tenant(lambda: commit_once(lambda: reminders.queue_due(datetime.now(UTC))))


def queue_bulk_mails() -> int:
    """Queue the batches of mails to a date that are due; how many mails. Two at once queue each mail once."""
    return for_each_tenant(lambda: commit_once(lambda: bulk_mails.queue_due(datetime.now(UTC))))
