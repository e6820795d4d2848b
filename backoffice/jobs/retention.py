"""Removing what is no longer kept, a batch at a time, so that nobody waits for it."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

from backoffice.jobs.housekeeping import for_each_tenant
from backoffice.services import retention
from backoffice.services.retention import AT_ONCE, RULES, Rule
from backoffice.work import commit_once

# For all providers together: the other periodic work waits meanwhile. What is left goes the next time.
SECONDS = 8.0


def run() -> int:
    """End what is over, for as long as there is time; how many rows."""
    deadline = time.monotonic() + SECONDS
    now = datetime.now(UTC)
    return for_each_tenant(lambda: end_for_tenant(now, deadline).total())


def end_for_tenant(now: datetime, deadline: float) -> Counter[str]:
    """End what is over of the provider in scope, until `deadline` (monotonic seconds); rows by the name of the rule."""
    return Counter({rule.name: _end(rule, now, deadline) for rule in RULES})


def _end(rule: Rule, now: datetime, deadline: float) -> int:
    total = 0
    while time.monotonic() < deadline:
        removed = commit_once(lambda: retention.remove(rule, now))
        total += removed
        if removed < AT_ONCE:
            break
    return total
