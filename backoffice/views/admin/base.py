"""What every admin screen stands on: what is not written out is not open, shown, edited or exported."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from uuid import UUID

from flask import abort, redirect, request, url_for
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from flask_login import current_user
from sqlalchemy import select

from backoffice.database import db
from backoffice.views.access import allowed, current_actor
from backoffice.views.admin import formats
from backoffice.views.admin.actions import ScreenAction, actions_of, may_act
from backoffice.views.admin.edit_page import EditPage
from backoffice.views.admin.forms import ScreenConverter, ScreenForm
from backoffice.views.admin.list_page import ListPage
from backoffice.views.arguments import read_id

# Parts of a column's name that say its type, not its meaning.
_TYPE_WORDS = re.compile(r"^(is|has|can)_|_(minor|at|on|id|bp)$")


def _as_people_read_it(view: Any, value: Any, name: str) -> Any:
    return formats.show_value(value)


# What stock Flask-Admin offers and this house does not, with what to write instead.
_REFUSED = {
    "column_editable_list": "it saves even where editing is off; use the edit page",
    "column_filters": "write list_filters",
    "column_searchable_list": "it reads whole tables; write search_ids()",
    "column_sortable_list": "write list_sorts",
    "inline_models": "they save without a service; use an action",
}


class AdminView(ListPage, EditPage, ModelView):
    """Deny by default. A screen writes out `column_list` and `form_columns` (`()` for none)."""

    abstract: ClassVar[bool] = True

    # Words: "Booking", "Bookings"; what an empty list says to do next, and (label, endpoint) of where.
    singular: str = ""
    plural: str = ""
    empty_hint: ClassVar[str] = ""
    empty_action: ClassVar[tuple[str, str] | None] = None
    # The screen's noun in the audit ("booking"); the model's name unless written.
    subject: str = ""
    # What the details page loads with the row, and how it groups the facts: [(heading, (column, …))].
    details_load: ClassVar[tuple[Any, ...]] = ()
    details_groups: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()

    can_create = False
    can_edit = False
    can_delete = False
    can_export = False
    can_view_details = True
    column_list: Any = None
    form_columns: Any = None
    form_base_class = ScreenForm
    model_form_converter = ScreenConverter
    column_type_formatters: ClassVar[dict[type, Any]] = {object: _as_people_read_it}
    column_type_formatters_detail = column_type_formatters
    confirm_template = "admin/model/confirm.html"

    # Stock pages that are replaced: the actions of actions.py, and no editing inside a list.
    action_view = None
    action_delete = None
    ajax_update = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, instead in _REFUSED.items():
            if cls.__dict__.get(name):
                raise TypeError(f"{cls.__name__}.{name} is not used here: {instead}.")
        if cls.__dict__.get("abstract"):
            return
        cls.abstract = False
        for name in ("column_list", "form_columns"):
            if getattr(cls, name) is None:
                raise TypeError(f"{cls.__name__} must write out {name}.")
        if cls.can_export and not cls.export_columns:
            raise TypeError(f"{cls.__name__} must write out export_columns, or leave can_export off.")

    def __init__(
        self, model: Any, *, endpoint: str, url: str | None = None, category: str | None = None
    ) -> None:
        self.singular = self.singular or _words(model.__name__)
        self.plural = self.plural or f"{self.singular}s"
        self.subject = self.subject or _words(model.__name__).lower().replace(" ", "_")
        self.actions = actions_of(self)
        super().__init__(model, db, name=self.plural, category=category, endpoint=endpoint, url=url)

    # --- Rights ---

    def is_accessible(self) -> bool:
        return allowed(f"{self.endpoint}.index_view", "GET")

    def may(self, page: str, method: str = "GET") -> bool:
        """Whether the user may open this page of the screen: "edit_view", "create_view", an action."""
        return allowed(f"{self.endpoint}.{page}", method)

    def may_act(self, action: ScreenAction) -> bool:
        return may_act(self, action)

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        if allowed(request.endpoint or "", request.method):
            return None
        return self.inaccessible_callback(name, **kwargs)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        if current_user.is_authenticated:
            abort(403)
        return redirect(url_for("login.sign_in", next=request.full_path.rstrip("?")))

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        # The stock one runs a view a second time when the first raises TypeError.
        return fn(self, *args, **kwargs)

    # --- Rows ---

    def get_one(self, id: Any) -> Any:
        """The row of this id inside the tenant, or None; a malformed id never reaches the database."""
        found = id if isinstance(id, UUID) else read_id(str(id))
        if found is None:
            return None
        statement = select(self.model).where(self.model.id == found, *self.scope())
        return db.session.execute(statement.options(*self.details_load)).unique().scalar_one_or_none()

    def get_or_404(self) -> Any:
        """The row that the address names; 404 when there is none or it is somebody else's."""
        return self.get_one(request.args.get("id", "")) or abort(404)

    def title_of(self, row: Any) -> str:
        """What people call the row: heading of its page, name in a confirmation."""
        return str(row)

    def record_url(self, row_id: Any) -> str:
        """Where to go after something was done to the row."""
        if self.can_view_details:
            return self.get_url(".details_view", id=row_id)
        return self.get_url(".index_view")

    def actions_for(self, row: Any) -> list[ScreenAction]:
        return [action for action in self.actions if action.applies(row) and may_act(self, action)]

    # --- Details ---

    @expose("/details/")
    def details_view(self) -> Any:
        if not self.can_view_details:
            abort(404)
        row = self.get_or_404()
        return self.render(
            self.details_template,
            model=row,
            groups=self.facts_of(row),
            row_actions=self.actions_for(row),
            **{"pills": (), "tables": (), "timeline": None, **self.details_context(row)},
        )

    def details_context(self, model: Any) -> dict[str, Any]:
        """What a screen adds to the page of a row.

        Known names: `lead` (a line under the heading), `pills` [(status, subject)], `tables` [RelatedTable],
        `timeline` [events], `notices` [(tone, text)]; other names go to the screen's own template.
        """
        return {}

    def facts_of(self, row: Any) -> list[tuple[str, list[tuple[str, Any]]]]:
        """The definition lists of the details page: [(heading, [(label, shown value)])]."""
        shown = [name for name, _ in self._details_columns]
        groups = self.details_groups or (("", tuple(shown)),)
        return [(title, [self._fact(row, name) for name in names]) for title, names in groups]

    def _fact(self, row: Any, name: str) -> tuple[str, Any]:
        return self.get_column_name(name), self.shown(row, name)

    def shown(self, row: Any, name: str) -> Any:
        """A column of a row as people read it."""
        return self._get_list_value(None, row, name, self.column_formatters, self.column_type_formatters)

    def get_details_columns(self) -> Any:
        columns = self.column_details_list
        return self.get_column_names(columns if columns is not None else self.column_list, None)

    def get_export_columns(self) -> Any:
        return []  # export_columns says what is exported; the stock list would add what the screen hides

    def _prettify_name(self, name: str) -> str:
        words = _TYPE_WORDS.sub("", name.split(".")[-1]).replace("_", " ")
        return words[:1].upper() + words[1:]

    # --- Choices out of many ---

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Any:
        """[[id, label], …] for a choice field; what cannot be searched for finds nothing."""
        loader = self._form_ajax_refs.get(request.args.get("name", "")) or abort(404)
        term = self.read_search(request.args.get("query", ""))
        return [loader.format(row) for row in loader.get_list(term, 0, 20)] if term else []

    def actor(self) -> Any:
        return current_actor()


def _words(class_name: str) -> str:
    """ "DiscountCode" → "Discount code"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", class_name).lower()
    return words[:1].upper() + words[1:]
