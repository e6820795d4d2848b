"""The list of a screen: search, filters, sorting, pages that cost the same however many rows there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from flask import abort, request
from flask_admin import expose

from backoffice.database import among, db
from backoffice.domain.times import zone
from backoffice.views.admin.actions import ScreenAction
from backoffice.views.admin.arguments import PAGE_SIZES, ListArguments, read_arguments
from backoffice.views.admin.export import ExportColumn, csv_response, export_statement
from backoffice.views.admin.filters import Filter
from backoffice.views.admin.formats import page_zone
from backoffice.views.admin.listing import Found, Listing, Order, Sort, in_tenant


@dataclass(frozen=True)
class Pager:
    """The links under a list; None where there is nothing to go to. `range` is what people read."""

    range: str
    first: str | None
    previous: str | None
    next: str | None
    last: str | None


@dataclass(frozen=True)
class RelatedTable:
    """A table on a details page: `header` as the macro `table` takes it, a link (label, url) if wanted."""

    title: str
    header: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    empty: str = "Nothing here yet."
    link: tuple[str, str] | None = None
    aside: str = ""


class ListPage:
    """Mixed into AdminView. What a screen offers is written out; a sort needs an index of its own."""

    # What it uses of the view.
    model: Any
    plural: str
    actions: list[ScreenAction]
    can_export: bool
    list_template: Any
    column_formatters: Any
    _list_columns: Any
    get_url: Any
    may_act: Any
    render: Any

    list_filters: ClassVar[Sequence[Filter]] = ()
    # column of column_list -> what it sorts by
    list_sorts: ClassVar[Mapping[str, Any]] = {}
    # the order unless sorted: (name of list_sorts or "id", descending); by id (UUIDv7) is by time of making
    list_order: ClassVar[tuple[str, bool]] = ("id", True)
    # loader options for the rows of a page, e.g. (joinedload(Booking.customer),)
    list_load: ClassVar[Sequence[Any]] = ()
    search_hint: ClassVar[str] = ""
    # archived rows are left out until the filter `archived` says otherwise
    hides_archived: ClassVar[bool] = False
    listing_class: ClassVar[type[Listing]] = Listing
    export_columns: ClassVar[Sequence[ExportColumn]] = ()
    export_joins: ClassVar[Sequence[Any]] = ()

    def list_criteria(self) -> Sequence[Any]:
        """Conditions that every row of the screen meets, on lists and single pages alike; tenant aside."""
        return ()

    def scope(self) -> list[Any]:
        """The screen's conditions and the tenant's: a second lock beside row level security."""
        return [*in_tenant(self.model), *self.list_criteria()]

    def search_ids(self, term: str) -> list[UUID] | None:
        """The ids that match the term, through the search function; None: this list has no search."""
        return None

    @property
    def has_search(self) -> bool:
        return type(self).search_ids is not ListPage.search_ids

    @expose("/")
    def index_view(self) -> Any:
        asked = self.read_list()
        listing = self.listing(asked)
        found = listing.find(asked.place)
        return self.render(
            self.list_template,
            rows=listing.rows(found.ids, self.list_load),
            count=found.count,
            asked=asked,
            pager=self.pager(asked, found),
            sizes=PAGE_SIZES,
            list_columns=self._list_columns,
            bulk_actions=[action for action in self.actions if action.is_bulk and self.may_act(action)],
            clear_url=self.get_url(".index_view", **replace(asked, search="", filters={}).link()),
            list_url=lambda **changes: self.get_url(".index_view", **asked.link(**changes)),
        )

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Any:
        if not self.can_export or export_type != "csv":
            abort(404)
        statement = export_statement(self.listing(self.read_list()), self.export_columns, self.export_joins)
        name = f"{self.plural.lower().replace(' ', '-')}-{datetime.now(zone(page_zone())).date()}"
        return csv_response(name, self.export_columns, statement)

    def read_list(self) -> ListArguments:
        return read_arguments(request.args, self.list_filters, list(self.list_sorts))

    def read_search(self, text: str) -> str:
        return read_arguments({"search": text}, (), ()).search

    def listing(self, asked: ListArguments) -> Listing:
        """The rows that the address asks for."""
        criteria = self.scope()
        wanted = [each for each in self.list_filters if each.name in asked.values]
        criteria += [each.criterion(asked.values[each.name]) for each in wanted]
        ids = self.search_ids(asked.search) if asked.search else None
        if ids is not None:
            criteria.append(among(self.model.id, ids))
        if self.hides_archived and "archived" not in asked.values:
            criteria.append(self.model.archived_at.is_(None))
        return self.listing_class(db.session(), self.model, self._order(asked), asked.page_size, criteria)

    def _order(self, asked: ListArguments) -> Order:
        name, descending = (asked.sort, asked.is_descending) if asked.sort else self.list_order
        wanted = self.list_sorts.get(name, self.model.id)
        sort = wanted if isinstance(wanted, Sort) else Sort(wanted)
        return Order(sort, self.model.id, descending)

    def cell_class(self, name: str) -> str:
        """The CSS class of a column's cells: what its formatter wants ("num" for amounts)."""
        return str(getattr(self.column_formatters.get(name), "cell_class", ""))

    def sorted_by(self, asked: ListArguments) -> tuple[str, bool]:
        """The column and direction that the list is in now, for its headings."""
        return (asked.sort, asked.is_descending) if asked.sort else self.list_order

    def pager(self, asked: ListArguments, found: Found) -> Pager:
        def link(**place: Any) -> str:
            return self.get_url(".index_view", **asked.link(**place))

        page = 0 if found.start is None else found.start // asked.page_size
        back: dict[str, Any] = {}
        if found.ids and (page > 1 or found.start is None):
            back = {"before": found.ids[0], "page": page - 1 if page > 1 else None}
        onward = {
            "after": found.ids[-1] if found.ids else None,
            "page": page + 1 if page or found.start == 0 else None,
        }
        return Pager(
            range=_range(found),
            first=link() if found.has_previous else None,
            previous=link(**back) if found.has_previous else None,
            next=link(**onward) if found.has_next else None,
            last=link(edge="last") if found.has_next else None,
        )


def _range(found: Found) -> str:
    if not found.ids:
        return "0 rows"
    if found.start is None:
        where = f"{len(found.ids)}" if found.has_next else f"The last {len(found.ids)}"
        return f"{where} of {found.count}"
    return f"{found.start + 1:,}–{found.start + len(found.ids):,} of {found.count}"
