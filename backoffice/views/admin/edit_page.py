"""Making and changing a row: one unit of work with its audit entry, refusals beside their field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask_admin import expose
from sqlalchemy import inspect

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError
from backoffice.services import audit
from backoffice.views.access import current_actor
from backoffice.views.admin import formats
from backoffice.views.admin.forms import VersionField
from backoffice.work import commit_once

_CHANGED = (
    "Somebody else saved this record while you had it open. Below is what they saved and what you typed: "
    "put right what you need, then save again."
)


class EditPage:
    """Mixed into AdminView. A screen with rules of its own overrides perform_create and perform_update."""

    # What it uses of the view.
    model: Any
    subject: str
    singular: str
    can_create: bool
    can_edit: bool
    can_delete: bool
    create_template: Any
    edit_template: Any
    form_widget_args: Any
    create_form: Any
    edit_form: Any
    get_one: Any
    get_or_404: Any
    get_url: Any
    record_url: Any
    render: Any
    shown: Any
    title_of: Any

    # [(legend, (field, …))]: headings of the form
    form_groups: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    # columns whose values the audit must not hold
    audit_hidden: ClassVar[frozenset[str]] = frozenset()

    # --- What a screen overrides ---

    def perform_create(self, form: Any) -> Any:
        """Make the row inside the unit of work and return it."""
        model = self.model()
        self.populate(form, model)
        db.session.add(model)
        db.session.flush()
        known = [name for name in form.data if name in self._columns()]
        self.record("create", model, {}, {name: self._audited(model, name) for name in known})
        return model

    def perform_update(self, model: Any, form: Any) -> None:
        """Change the row inside the unit of work."""
        self.populate(form, model)
        before, after = self.differences(model)
        if not after:
            return
        db.session.flush()
        self.record("update", model, before, after)

    def perform_delete(self, model: Any) -> None:
        """Remove the row inside the unit of work; what has a history is refused by the database."""
        self.record("delete", model, {name: self._audited(model, name) for name in self._columns()}, {})
        db.session.delete(model)
        db.session.flush()

    # --- Building blocks ---

    def populate(self, form: Any, model: Any) -> None:
        for name, field in form._fields.items():
            if name not in ("version", "csrf_token"):
                field.populate_obj(model, name)

    def differences(self, model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The old and the new values of what the unflushed row has changed."""
        before, after = dict[str, Any](), dict[str, Any]()
        for state in inspect(model).attrs:
            if not state.history.has_changes():
                continue
            old, new = formats.plain(_first(state.history.deleted)), formats.plain(state.value)
            if old != new:
                hidden = state.key in self.audit_hidden
                before[state.key], after[state.key] = (audit.HIDDEN,) * 2 if hidden else (old, new)
        return before, after

    def record(self, verb: str, model: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
        audit.record(current_actor(), f"{self.subject}:{verb}", model, old=before, new=after)

    def _columns(self) -> set[str]:
        return set(inspect(self.model).attrs.keys()) - {"tenant_id", "version", "created_at", "updated_at"}

    def _audited(self, model: Any, name: str) -> Any:
        return audit.HIDDEN if name in self.audit_hidden else formats.plain(getattr(model, name))

    # --- The unit of work and its refusals ---

    def create_model(self, form: Any) -> Any:
        return self._saved(form, lambda: self.perform_create(form))

    def update_model(self, form: Any, model: Any) -> bool:
        row_id = model.id

        def work() -> bool:
            row = self.get_one(row_id) or abort(404)
            if "version" in form and form.version.data != row.version:
                raise Changed(_CHANGED)
            self.perform_update(row, form)
            return True

        return bool(self._saved(form, work))

    def delete_model(self, model: Any) -> bool:
        row_id = model.id

        def work() -> bool:
            self.perform_delete(self.get_one(row_id) or abort(404))
            return True

        return commit_once(work)

    def _saved(self, form: Any, work: Callable[[], Any]) -> Any:
        """What the work returns once it is committed; False when it is refused, its reasons in the form."""
        try:
            return commit_once(work)
        except DomainError as error:
            refusal = Changed(_CHANGED) if isinstance(error, Changed) else error
        form.refuse(refusal)
        form.status = refusal.status
        return False

    # --- Pages ---

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        if not self.can_create:
            abort(404)
        form = self.create_form()
        if request.method == "POST" and form.validate():
            model = self.create_model(form)
            if model:
                flash(f"{self.singular} saved: {self.title_of(model)}.", "success")
                again = "_add_another" in request.form
                return redirect(self.get_url(".create_view") if again else self.record_url(model.id))
        return self._form_page(self.create_template, form, back_url=self.get_url(".index_view"))

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        if not self.can_edit:
            abort(404)
        row = self.get_or_404()
        form = self.edit_form(obj=row)
        back_url = self.record_url(row.id)
        if request.method == "POST" and form.validate() and self.update_model(form, row):
            flash("Saved.", "success")
            return redirect(back_url)
        theirs = self._theirs(form, row) if getattr(form, "status", 0) == 409 else []
        return self._form_page(self.edit_template, form, back_url=back_url, model=row, theirs=theirs)

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> Any:
        if not self.can_delete:
            abort(404)
        row = self.get_or_404()
        refusal = None
        if request.method == "POST":
            refusal = self._deleted(row)
            if refusal is None:
                flash(f"{self.singular} deleted.", "success")
                return redirect(self.get_url(".index_view"))
        back_url = self.record_url(row.id)
        page = self.render("admin/model/delete.html", model=row, refusal=refusal, back_url=back_url)
        return page, refusal.status if refusal else 200

    def _deleted(self, row: Any) -> DomainError | None:
        try:
            self.delete_model(row)
        except DomainError as error:
            return error
        return None

    def _form_page(self, template: str, form: Any, **values: Any) -> Any:
        page = self.render(template, form=form, widget_args=self.form_widget_args or {}, **values)
        return page, getattr(form, "status", 422 if form.errors else 200)

    def _theirs(self, form: Any, row: Any) -> list[tuple[str, Any, Any]]:
        """(label, what is stored now, what was typed) where they differ; the form gets the stored version."""
        if "version" not in form or form.version.data == row.version:
            return []
        form.version.data, form.version.raw_data = row.version, None
        return [
            (field.label.text, self.shown(row, name), formats.show_value(field.data))
            for name, field in form._fields.items()
            if name != "version" and formats.plain(field.data) != formats.plain(getattr(row, name, None))
        ]

    def get_edit_form(self) -> Any:
        form = super().get_edit_form()  # type: ignore[misc]
        if not hasattr(self.model, "version"):
            return form
        return type("EditForm", (form,), {"version": VersionField()})


def _first(values: Any) -> Any:
    return values[0] if values else None
