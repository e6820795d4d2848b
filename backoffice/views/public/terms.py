"""The provider's terms and waivers for everybody to read: those in effect, and every version that was."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, url_for

from backoffice.models.terms_text import KINDS
from backoffice.services import terms
from backoffice.services.terms import Text

blueprint = Blueprint("terms", __name__)

# Longer ones are no version of anybody's; the database could not read them.
LONGEST_NUMBER = 999_999


@blueprint.get("/terms")
def home() -> Response:
    """The terms of booking are what most people mean."""
    return redirect(url_for(".current", kind="terms"))  # type: ignore[return-value]


@blueprint.get("/terms/<kind>")
def current(kind: str) -> Any:
    """The text in effect."""
    _check_kind(kind)
    text = terms.find_current(kind)
    if text is None:
        return render_template("public/terms_none.html", kind=kind), 404
    return _page(text, text)


@blueprint.get("/terms/<kind>/<int:version>")
def version(kind: str, version: int) -> Any:
    """One version, also when a newer one took its place: whoever accepted it can read what it said."""
    _check_kind(kind)
    text = terms.get_published(kind, min(version, LONGEST_NUMBER))
    return _page(text, terms.find_current(kind) or text)


def _page(text: Text, newest: Text) -> str:
    history = terms.list_versions(text.kind)
    return render_template("public/terms.html", text=text, newest=newest, history=history)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        abort(404)
