"""What the address of a list asks for, as far as it makes sense: nothing in it causes an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_line
from backoffice.views.admin.filters import Filter
from backoffice.views.admin.listing import Place
from backoffice.views.arguments import read_id

PAGE_SIZES = (25, 50, 100)
SEARCH_MAXIMUM = 100
_PAGE_MAXIMUM = 1_000_000


@dataclass(frozen=True)
class ListArguments:
    """The cleaned wishes; `problems` says beside which field a wish was not understood."""

    place: Place = Place()
    page_size: int = PAGE_SIZES[0]
    sort: str | None = None
    is_descending: bool = False
    search: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def link(self, **changes: Any) -> dict[str, Any]:
        """The arguments of a link to the same list, at its start, with these changes; None leaves one out."""
        size = self.page_size if self.page_size != PAGE_SIZES[0] else None
        same = {"sort": self.sort, "desc": int(self.is_descending) or None, "search": self.search or None}
        wanted = {**self.filters, **same, "page_size": size, **changes}
        return {name: value for name, value in wanted.items() if value is not None}


def read_arguments(
    given: Mapping[str, str], filters: Sequence[Filter], sorts: Sequence[str]
) -> ListArguments:
    """The wishes of a query string, for a list with these filters and these sortable columns."""
    texts, values, problems = _read_filters(given, filters)
    search, problem = _read_search(given.get("search", ""))
    if problem:
        problems["search"] = problem
    size = _whole(given.get("page_size"), 0, PAGE_SIZES[-1])
    sort = given.get("sort")
    return ListArguments(
        place=_read_place(given),
        page_size=size if size in PAGE_SIZES else PAGE_SIZES[0],
        sort=sort if sort in sorts else None,
        is_descending=given.get("desc") == "1",
        search=search,
        filters=texts,
        values=values,
        problems=problems,
    )


def _read_place(given: Mapping[str, str]) -> Place:
    return Place(
        page=_whole(given.get("page"), 0, _PAGE_MAXIMUM),
        after=read_id(given.get("after")),
        before=read_id(given.get("before")),
        from_end=given.get("edge") == "last",
    )


def _read_filters(
    given: Mapping[str, str], filters: Sequence[Filter]
) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    texts, values, problems = dict[str, str](), dict[str, Any](), dict[str, str]()
    for each in filters:
        text = given.get(each.name, "").strip()
        if not text:
            continue
        try:
            values[each.name] = each.read(text)
            texts[each.name] = text
        except Invalid as error:
            problems[each.name] = error.message
    return texts, values, problems


def _read_search(text: str) -> tuple[str, str | None]:
    try:
        return clean_line(text[: SEARCH_MAXIMUM * 2], field="search", maximum=SEARCH_MAXIMUM), None
    except Invalid as error:
        return "", error.message


def _whole(text: str | None, least: int, most: int) -> int:
    if text is None or not (text.isascii() and text.isdigit()):
        return least
    return min(int(text[:9]), most)
