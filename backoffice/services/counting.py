"""Counts for the monitoring, of what is committed: a transaction that is rolled back has happened to nobody."""

from __future__ import annotations

from collections import Counter

from backoffice.database import db


def count_after_commit(what: str, *words: str) -> None:
    """One more of `what`, told apart by words, once and only if this transaction is committed."""
    counts: Counter[tuple[str, str]] = db.session.info.setdefault("counts", Counter())
    counts[what, ":".join(words)] += 1
