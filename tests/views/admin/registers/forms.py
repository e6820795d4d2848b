"""What a browser would send of the register's page: every field as it stands there, and what a thumb changes."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse


class _Fields(HTMLParser):
    """The successful controls of the form with class `register`."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.offered: dict[str, set[str]] = {}
        self._in_form = self._is_disabled = False
        self._note: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._in_form = "register" in (given.get("class") or "").split()
        if not self._in_form:
            return
        if tag == "fieldset":
            self._is_disabled = "disabled" in given
        name = given.get("name")
        if tag == "textarea" and name:
            self._note = name
            self.fields[name] = ""
        if tag == "input" and name and not self._is_disabled and "disabled" not in given:
            self._input(name, given)

    def _input(self, name: str, given: dict[str, str | None]) -> None:
        value = given.get("value") or ""
        self.offered.setdefault(name, set()).add(value)
        if given.get("type") in ("radio", "checkbox") and "checked" not in given:
            return
        self.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset":
            self._is_disabled = False
        if tag == "textarea":
            self._note = None
        if tag == "form":
            self._in_form = False

    def handle_data(self, data: str) -> None:
        if self._note:
            self.fields[self._note] += data


def form_of(answer: TestResponse, **changes: Any) -> dict[str, str]:
    """The fields of the page; None takes a field away."""
    fields = {**_parsed(answer).fields, **changes}
    return {name: value for name, value in fields.items() if value is not None and name != "csrf_token"}


def offered_by(answer: TestResponse, name: str) -> set[str]:
    """The values that a radio group or a checkbox offers."""
    return _parsed(answer).offered.get(name, set())


def _parsed(answer: TestResponse) -> _Fields:
    parser = _Fields()
    parser.feed(answer.text)
    return parser
