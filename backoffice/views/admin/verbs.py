"""Verbs whose page knows its row: filled in on first sight, and fair to the second of two clerks.

The form carries the version that its page showed. When somebody was quicker, the page says who did what meanwhile,
keeps what was typed, and takes the new version on: the next press is a decision, not an accident.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from wtforms import HiddenField, StringField, validators

from backoffice.database import new_id
from backoffice.domain.errors import Changed, DomainError
from backoffice.views.admin import timeline
from backoffice.views.admin.forms import PlainText, ScreenForm, VersionField
from backoffice.views.arguments import read_id

# What a row of another status than the page showed is refused with (actions.py), besides Changed itself.
_QUICKER = "Somebody else changed this while you had it open. See what changed below, then press again."
_MEANWHILE = ("changed", "not_now", "status_move", "not_live")


class VerbForm(ScreenForm):
    """The form of a verb about one row. `seen` is the newest entry of the row's history when it was opened."""

    version = VersionField()
    seen = HiddenField()
    once = HiddenField()

    def __init__(self, formdata: Any = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.is_first_sight = formdata is None
        self.was_changed = False
        if not read_id(self.once.data):
            self.once.data = str(new_id())

    @property
    def seen_version(self) -> int:
        """The version that the page showed; 0, which no row has, for a form that lost it."""
        return self.version.data or 0

    def check_version(self, row: Any) -> None:
        """Raise Changed unless the row is as the page showed it."""
        if self.seen_version != row.version:
            raise Changed()

    def offer(self, **values: Any) -> None:
        """Fill fields in on first sight; what somebody typed stays."""
        if self.is_first_sight:
            for name, value in values.items():
                self[name].data = value

    def refuse(self, error: DomainError) -> None:
        self.was_changed = isinstance(error, Changed) or error.code in _MEANWHILE
        super().refuse(Changed(_QUICKER) if isinstance(error, Changed) else error)


class ReasonForm(VerbForm):
    reason = StringField("Reason", [validators.InputRequired(), PlainText(500)])


class VerbPages:
    """Mixed into a screen before AdminView.

    A verb `move` may have a method `ask_move(row, form)` that fills its form on first sight and returns what the
    page shows besides: names for its template, and `template` itself.
    """

    def render(self, template: str, **values: Any) -> Any:
        if "action" in values:
            template, values = self._about_one_row(template, values)
        return super().render(template, **values)  # type: ignore[misc]

    def _about_one_row(self, template: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        rows, form = [*values["rows"], *values["left_out"]], values["form"]
        if len(rows) != 1:
            return template, values
        meanwhile = carry(rows[0], form) if isinstance(form, VerbForm) else []
        ask = getattr(self, f"ask_{values['action'].name}", None)
        shown = ask(rows[0], form) if ask else {}
        return shown.pop("template", "admin/bookings/confirm.html"), values | shown | {"meanwhile": meanwhile}


def carry(row: Any, form: VerbForm) -> list[str]:
    """Let the form carry the row's version as it is now; returns what happened since the page was opened."""
    if not (form.is_first_sight or form.was_changed):
        return []
    meanwhile = timeline.since(row, read_id(form.seen.data)) if form.was_changed else []
    form.version.data, form.version.raw_data = getattr(row, "version", 0), None
    newest: UUID | None = timeline.newest_id(row)
    form.seen.data = str(newest) if newest else ""
    return meanwhile
