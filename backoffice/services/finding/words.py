"""Courses by what somebody types: words of the title and of what the course says, past a slip of the finger."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

from sqlalchemy import text

from backoffice.database import db
from backoffice.domain.text import fold
from backoffice.services.finding.filters import Filters

# More courses than any provider's list would show.
AT_MOST = 500
# Words that every course has, or that say nothing of it: they would keep "a course in first aid" from being found.
SMALL_WORDS = frozenset(
    """
    a an and are at by class classes course courses day days do for from in is me my near next of on or our the to
    train training we with workshop workshops you your
    """.split()  # noqa: SIM905 - a list of words is read as words
)
_SEARCH = text("SELECT subject_id FROM search_subjects(:wanted, 'course', :at_most)")
_WORD = re.compile(r"[^\W_]+")


def find_courses(typed: str) -> list[UUID]:
    """The ids of the courses, published or not, in which every word occurs; nothing for what holds no word."""
    wanted = telling_words(typed)
    if not wanted:
        return []
    return list(db.session.scalars(_SEARCH, {"wanted": wanted, "at_most": AT_MOST}))


def look_up(filters: Filters) -> Filters:
    """The same wishes with the courses that have their words, so that they are looked for once."""
    if not filters.words or filters.course_ids is not None:
        return filters
    return replace(filters, course_ids=tuple(find_courses(filters.words)))


def telling_words(typed: str) -> str:
    """The words to search for: without small ones, unless there are no others."""
    every = _WORD.findall(fold(typed))
    return " ".join([each for each in every if each not in SMALL_WORDS] or every)
