"""Pieces of pages made in Python: links where the person may go, amounts, pills."""

from __future__ import annotations

from typing import Any

from flask import current_app, get_template_attribute, url_for
from markupsafe import Markup, escape

from backoffice.domain.money import format_money
from backoffice.views.access import allowed


def may_open(endpoint: str) -> bool:
    """Whether the page exists and whoever asks may look at it."""
    return endpoint in current_app.view_functions and allowed(endpoint)


def record_link(screen: str, row_id: Any, words: Any) -> Markup:
    """The words as a link to a record's page; without it where there is none for this person."""
    if row_id is None or not may_open(f"{screen}.details_view"):
        return escape(words)
    return page_link(f"{screen}.details_view", words, id=row_id)


def page_link(endpoint: str, words: Any, **values: Any) -> Markup:
    """The words as a link to a page."""
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **values), words)


def two_lines(first: Any, second: Any) -> Markup:
    """What a cell is about, and under it what it belongs to."""
    return Markup('<span>{}<br><small class="text-muted">{}</small></span>').format(first, second)


def money_cell(minor: int, currency: str) -> Markup:
    """An amount (minor units) as tables show it."""
    return _macro("money", format_money(minor, currency), minor < 0)


def pill_cell(status: str, subject: str) -> Markup:
    """A status as a coloured word."""
    return _macro("pill", status, subject)


def _macro(name: str, *values: Any) -> Markup:
    return Markup(get_template_attribute("macros/ui.html", name)(*values))  # noqa: S704, escaped by the macro
