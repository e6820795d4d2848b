"""Verbs of a screen: small methods that call one service each. A page asks first, and only its POST acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol
from uuid import UUID

from flask import abort, flash, redirect, request
from flask_admin import expose
from werkzeug.wrappers import Response

from backoffice.domain.errors import DomainError, NotFound, Refused
from backoffice.views.access import allowed, current_actor
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.arguments import read_id
from backoffice.work import commit_once

PICKED_MAXIMUM = 200
_NAMED_REFUSALS = 5


@dataclass(frozen=True)
class ScreenAction:
    """What the confirmation page needs to know.

    `perform(screen, row, form)` returns the sentence of success or a page.
    """

    name: str
    label: str
    right: str
    perform: Callable[[Any, Any, Any], Any]
    ask: str = ""
    form: type[ScreenForm] = ScreenForm
    is_bulk: bool = False
    is_danger: bool = False
    applies: Callable[[Any], bool] = lambda row: True


class Screen(Protocol):
    """What actions use of the view they belong to."""

    endpoint: str
    confirm_template: str

    def render(self, template: str, **values: Any) -> Any: ...
    def get_url(self, endpoint: str, **values: Any) -> str: ...
    def get_one(self, id: Any) -> Any: ...
    def title_of(self, row: Any) -> str: ...
    def record_url(self, row_id: Any) -> str: ...


def screen_action(
    label: str,
    *,
    right: str,
    ask: str = "",
    form: type[ScreenForm] = ScreenForm,
    bulk: bool = False,
    danger: bool = False,
    applies: Callable[[Any], bool] = lambda row: True,
) -> Callable[[Callable[..., Any]], Any]:
    """Make a method `verb(self, row, form)` a page at /verb/?id=… that asks, then acts.

    `ask` says what will happen, `bulk` offers it for ticked rows of the list, `applies(row)` says for which
    rows it makes sense. The endpoint is `<screen>.<verb>`.
    """

    def decorate(perform: Callable[..., Any]) -> Any:
        name = perform.__name__
        action = ScreenAction(name, label, right, perform, ask, form, bulk, danger, applies)

        @expose(f"/{name.replace('_', '-')}/", methods=("GET", "POST"))
        @wraps(perform)
        def page(self: Any) -> Any:
            return run_action(self, action)

        page.action = action
        return page

    return decorate


def actions_of(screen: Any) -> list[ScreenAction]:
    """The actions of a screen's class, in the order they were written."""
    found: dict[str, ScreenAction] = {}
    for parent in reversed(type(screen).__mro__):
        found |= {name: member.action for name, member in vars(parent).items() if hasattr(member, "action")}
    return list(found.values())


def may_act(screen: Any, action: ScreenAction) -> bool:
    return allowed(f"{screen.endpoint}.{action.name}", "POST") and current_actor().may(action.right)


def run_action(screen: Screen, action: ScreenAction) -> Any:
    """The confirmation page on GET, the deed on POST. Ids of nobody's row are 404."""
    if not may_act(screen, action):
        abort(403)
    ids = _picked_ids()
    if not ids:
        flash("Tick at least one row first.", "warning")
        return redirect(screen.get_url(".index_view"))
    if len(ids) > 1 and not action.is_bulk:
        abort(404)
    form = action.form(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        answer = _act(screen, action, ids, form)
        if answer is not None:
            return answer
    return _ask(screen, action, ids, form)


def _picked_ids() -> list[UUID]:
    given = request.values.getlist("id")[:PICKED_MAXIMUM]
    ids = [read_id(text) for text in dict.fromkeys(given)]
    if None in ids:
        abort(404)
    return [each for each in ids if each]


def _ask(screen: Screen, action: ScreenAction, ids: Sequence[UUID], form: Any) -> Any:
    rows = [screen.get_one(each) or abort(404) for each in ids]
    page = screen.render(
        screen.confirm_template,
        action=action,
        rows=[row for row in rows if action.applies(row)],
        left_out=[row for row in rows if not action.applies(row)],
        form=form,
        back_url=screen.record_url(ids[0]) if len(ids) == 1 else screen.get_url(".index_view"),
    )
    return page, getattr(form, "status", 422 if form.errors else 200)


def _act(screen: Screen, action: ScreenAction, ids: Sequence[UUID], form: Any) -> Any:
    if len(ids) > 1:
        return _act_on_many(screen, action, ids, form)
    try:
        said = commit_once(lambda: _perform(screen, action, ids[0], form))
    except DomainError as error:
        form.refuse(error)
        form.status = error.status
        return None
    if isinstance(said, Response):
        return said
    flash(str(said or f"{action.label}: done."), "success")
    return redirect(screen.record_url(ids[0]))


def _act_on_many(screen: Screen, action: ScreenAction, ids: Sequence[UUID], form: Any) -> Any:
    refusals = [text for text in (_try(screen, action, each, form) for each in ids) if text]
    if len(refusals) < len(ids):
        flash(f"{action.label}: done for {len(ids) - len(refusals)} of {len(ids)}.", "success")
    for text in refusals[:_NAMED_REFUSALS]:
        flash(text, "error")
    if len(refusals) > _NAMED_REFUSALS:
        flash(f"And {len(refusals) - _NAMED_REFUSALS} more were refused.", "error")
    return redirect(screen.get_url(".index_view"))


def _try(screen: Screen, action: ScreenAction, row_id: UUID, form: Any) -> str | None:
    """Each row is its own unit of work, so that one refusal does not undo the others. Returns the refusal."""
    try:
        commit_once(lambda: _perform(screen, action, row_id, form))
    except DomainError as error:
        row = screen.get_one(row_id)
        return f"{screen.title_of(row) if row else 'A record'}: {error.message}"
    return None


def _perform(screen: Screen, action: ScreenAction, row_id: UUID, form: Any) -> Any:
    row = screen.get_one(row_id)
    if row is None:
        raise NotFound()
    if not action.applies(row):
        raise Refused("not_now", "This is not possible for it any more: it has changed meanwhile.")
    return action.perform(screen, row, form)
