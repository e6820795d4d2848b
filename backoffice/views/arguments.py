"""Ids that a request names: nothing in it causes an error."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID


def read_id(text: str | None) -> UUID | None:
    """The id, or None for what is none: the database never sees a malformed one."""
    try:
        return UUID(text) if text and len(text) == 36 else None
    except ValueError:
        return None


def read_ids(texts: Sequence[str], at_most: int) -> list[UUID]:
    """The ids among the first so many texts."""
    return [found for found in map(read_id, texts[:at_most]) if found]
