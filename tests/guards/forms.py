"""The forms of a page, as a browser would find and fill them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

FILL_IN = {
    "number": "1",
    "date": "2031-05-06",
    "datetime-local": "2031-05-06T09:00",
    "time": "09:00",
    "email": "filled@twin.example",
    "tel": "07700 900123",
    "url": "https://twin.example",
}
TICKED = {"checkbox", "hidden", "radio"}
NOT_TYPED = {"submit", "button", "image", "reset", "file"}
# What only a program fills in: people neither see it nor come to it, and who fills it in is heard by nobody.
TRAP = "homepage"


@dataclass
class Form:
    """Where it goes, how, and its fields with what a hurried person would have in them."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    # What people type, as against what the page ticks, hides or offers.
    typed: set[str] = field(default_factory=set)


class FormFinder(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag == "form":
            self._open = Form(given.get("action") or self.path, (given.get("method") or "get").upper())
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(tag, given, self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = ""

    def _field(self, tag: str, given: dict[str, Any], form: Form) -> None:
        name, kind = given.get("name"), given.get("type") or "text"
        if tag == "option" and self._select and given.get("value") and not form.values[self._select]:
            form.values[self._select] = given["value"]
        if not name or name == "csrf_token":
            return
        if name == TRAP:
            form.values[name] = ""
        elif tag == "select":
            self._select = name
            form.values[name] = ""
        elif tag == "textarea":
            form.values[name] = "filled"
            form.typed.add(name)
        elif tag == "input" and kind not in NOT_TYPED:
            form.values[name] = given.get("value") or FILL_IN.get(kind, "filled")
            if kind not in TICKED:
                form.typed.add(name)


def forms_of(html: str, path: str) -> list[Form]:
    finder = FormFinder(path)
    finder.feed(html)
    return finder.forms
