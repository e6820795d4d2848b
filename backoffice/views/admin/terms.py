"""Terms: what bookers agree to. A new version is written, looked at and published; all that were stay readable."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from wtforms import StringField, TextAreaField, validators

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError
from backoffice.domain.paragraphs import blocks_of
from backoffice.models import TermsText
from backoffice.models.terms_text import BODY_LENGTH, KINDS, TITLE_LENGTH
from backoffice.services import terms
from backoffice.services.terms import KIND_WORDS, Typed
from backoffice.views.admin.forms import ScreenForm, VersionField
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("terms_texts", __name__, url_prefix="/admin/terms")

# For the page only: the service says what is wrong.
NEEDED = (validators.DataRequired("Fill this in."),)
ASKED_OF = {
    "terms": "Everybody who books on the web site accepts them.",
    "waiver": "Asked for in addition where the course says so.",
}
LONGEST_NUMBER = 6


class TermsForm(ScreenForm):
    version = VersionField()
    title = StringField("Heading", NEEDED, render_kw={"maxlength": TITLE_LENGTH})
    body = TextAreaField(
        "Text",
        NEEDED,
        description="An empty line begins a new paragraph, “# ” a heading, “- ” a point of a list.",
        render_kw={"maxlength": BODY_LENGTH, "rows": 24},
    )

    def typed(self) -> Typed:
        return Typed(self.title.data or "", self.body.data or "")


@blueprint.get("/")
def index_view() -> str:
    """Of each kind the version in effect, the draft and the history."""
    kinds = [
        {
            "kind": kind,
            "label": label,
            "asked_of": ASKED_OF[kind],
            "draft": terms.find_draft(kind),
            "versions": terms.list_published(kind),
        }
        for kind, label in KIND_WORDS.items()
    ]
    return render_template("admin/terms/index.html", kinds=kinds, may_edit=_may_edit())


@blueprint.get("/<kind>/<number>")
def version_view(kind: str, number: str) -> str:
    """One version as it was published."""
    text = terms.get_published(_known(kind), _number(number))
    newest = terms.find_current(kind)
    is_current = newest is not None and newest.id == text.id
    return render_template(
        "admin/terms/version.html", text=text, label=KIND_WORDS[kind], is_current=is_current
    )


@blueprint.get("/<kind>/draft")
def editor(kind: str) -> str:
    """The draft, or the version in effect to begin with, and how it reads."""
    draft, words = terms.find_draft(_known(kind)), terms.begin(kind)
    version = draft.version if draft else 0
    return _page(kind, TermsForm(data={"version": version, "title": words.title, "body": words.body}))


@blueprint.post("/<kind>/draft")
def save(kind: str) -> Any:
    """Keep the draft. With “publish” it goes on to the page that asks once more."""
    form = TermsForm(request.form)
    version = -1 if form.version.data is None else form.version.data
    try:
        commit_once(lambda: terms.save(_known(kind), form.typed(), current_actor(), version=version))
    except DomainError as error:
        return _refused(kind, form, error)
    if "publish" in request.form:
        return redirect(url_for(".publish", kind=kind), 303)
    flash("The draft is kept. Nobody is asked to accept it yet.", "success")
    return redirect(url_for(".editor", kind=kind), 303)


@blueprint.post("/<kind>/try")
def try_it(kind: str) -> Any:
    """How it would read: for the script as a piece of page, otherwise as the page. Nothing is kept."""
    form = TermsForm(request.form)
    _known(kind)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(html=render_template("admin/terms/reads.html", blocks=_blocks(form), form=form))
    return _page(kind, form)


@blueprint.get("/<kind>/publish")
def publish(kind: str) -> Any:
    """What changes, and what it means, before it is done."""
    draft = terms.find_draft(_known(kind))
    if draft is None:
        return redirect(url_for(".index_view"))
    return _publish_page(kind, draft)


@blueprint.post("/<kind>/publish")
def publish_now(kind: str) -> Any:
    """Have everybody accept this version from now on."""
    try:
        text = commit_once(lambda: terms.publish(_known(kind), current_actor(), version=_version()))
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for(".editor", kind=kind), 303)
    flash(f"Published: whoever books from now on accepts version {text.version}.", "success")
    return redirect(url_for(".index_view"), 303)


@blueprint.post("/<kind>/discard")
def discard(kind: str) -> Any:
    """Drop the draft; the version in effect stays."""
    try:
        commit_once(lambda: terms.discard(_known(kind), current_actor(), version=_version()))
    except Changed as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for(".editor", kind=kind), 303)
    flash("The draft is dropped. The published text stays as it is.", "success")
    return redirect(url_for(".index_view"), 303)


# --- Pieces ---


def _known(kind: str) -> str:
    if kind not in KINDS:
        abort(404)
    return kind


def _number(text: str) -> int:
    """The version of an address; 404 for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        abort(404)
    return int(text)


def _may_edit() -> bool:
    return current_actor().may("settings.edit")


def _version() -> int:
    """The draft's version that the form was opened with; -1 is never one."""
    found = TermsForm(request.form).version.data
    return -1 if found is None else found


def _refused(kind: str, form: TermsForm, error: DomainError) -> Any:
    """Again with what was typed; after a conflict what stands there now is shown, and may be written over."""
    db.session.rollback()
    form.refuse(error)
    theirs = None
    if isinstance(error, Changed) or error.code == "changed":
        theirs = terms.find_draft(_known(kind))
        form.version.data, form.version.raw_data = theirs.version if theirs else 0, None
    return _page(_known(kind), form, theirs=theirs), error.status


def _blocks(form: TermsForm) -> list[Any]:
    return blocks_of((form.body.data or "")[:BODY_LENGTH])


def _page(kind: str, form: TermsForm, *, theirs: TermsText | None = None) -> str:
    return render_template(
        "admin/terms/editor.html",
        kind=kind,
        label=KIND_WORDS[kind],
        form=form,
        blocks=_blocks(form),
        theirs=theirs,
        newest=terms.find_current(kind),
        has_draft=terms.find_draft(kind) is not None,
        may_edit=_may_edit(),
    )


def _publish_page(kind: str, draft: TermsText) -> str:
    newest = terms.find_current(kind)
    return render_template(
        "admin/terms/publish.html",
        kind=kind,
        label=KIND_WORDS[kind],
        draft=draft,
        blocks=blocks_of(draft.body),
        newest=newest,
        changes=changes(newest.body, draft.body) if newest else [],
    )


def changes(old: str, new: str) -> list[tuple[str, str]]:
    """The lines that went ("gone") and came ("new"), in their order, with the unchanged line before each part ("same")."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
    kinds = {"-": "gone", "+": "new", " ": "same"}
    # The first two name the files, of which there are none.
    found = [(kinds[line[0]], line[1:]) for line in islice(lines, 2, None) if line[0] in kinds]
    return [(kind, text) for kind, text in found if text.strip()]
