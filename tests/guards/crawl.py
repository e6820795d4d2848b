"""Every page of the program, asked for from outside: whatever screen is added later is met here too."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_address
from itertools import count
from typing import Any, ClassVar
from uuid import UUID

from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from backoffice.database import new_id
from tests.guards.twins import Ids
from tests.web_client import Visitor

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FILES = {"static", "admin.static", "font"}
# These end the session of whoever asks, or begin another one.
SESSION_PAGES = {
    "login.sign_in_now",
    "login.sign_out",
    "login.reset",
    "login.invitation",
    "my.enter",
    "my.save_password",
    "my.end_password",
}

# Parts of addresses that are no row's.
WORDS = {"export_type": "csv", "kind": "xlsx"}

# Each request comes from elsewhere: one that is told to wait says nothing of the page.
ADDRESSES = (str(ip_address("2001:db8::") + (n << 64)) for n in count(1))

# What the parts of addresses and forms are called -> the table they mean.
TABLE_OF = {
    "attendee": "attendees",
    "booking": "bookings",
    "caller": "users",
    "company": "companies",
    "copy": "bookings",
    "course": "courses",
    "course_type": "course_types",
    "customer": "users",
    "date": "schedules",
    "group": "booking_groups",
    "import_run": "import_runs",
    "instructor": "instructors",
    "like": "schedules",
    "message": "messages",
    "payment": "payments",
    "refund": "refunds",
    "run": "import_runs",
    "schedule": "schedules",
    "series": "schedule_series",
    "user": "users",
    "venue": "venues",
}


@dataclass(frozen=True)
class Page:
    """One rule of the program's map of addresses."""

    endpoint: str
    rule: Rule
    model: Any

    @property
    def methods(self) -> set[str]:
        return (self.rule.methods or set()) & set(METHODS)

    def paths(self, ids: Ids) -> list[str]:
        """The page's addresses with these ids in them, one for each choice of ids."""
        found = [self.rule.rule]
        for names in self._arguments():
            values = self._values(names[0], ids)
            found = [_filled(path, names, value) for path in found for value in values]
        return found

    def _arguments(self) -> list[list[str]]:
        """Its arguments; those that could mean anything mean the same together: every pairing would be thousands."""
        anything = [name for name in sorted(self.rule.arguments) if self._may_be_anything(name)]
        known = [[name] for name in sorted(self.rule.arguments) if name not in anything]
        return [*known, anything] if anything else known

    def _may_be_anything(self, name: str) -> bool:
        return name not in WORDS and self.model is None and name.removesuffix("_id") not in TABLE_OF

    def _values(self, name: str, ids: Ids) -> list[str]:
        if name in WORDS:
            return [WORDS[name]]
        return [str(each) for each in ids_for(name, ids, self.model)] or [str(new_id())]


def _filled(path: str, names: list[str], value: str) -> str:
    for name in names:
        path = re.sub(rf"<[^<>]*\b{name}>", value, path)
    return path


def pages(app: Flask) -> list[Page]:
    """All of them but files, in the order of their names."""
    models = {view.endpoint: getattr(view, "model", None) for view in app.extensions["admin"][0]._views}
    return [
        Page(rule.endpoint, rule, models.get(rule.endpoint.rpartition(".")[0]))
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
        if rule.endpoint not in FILES
    ]


def ids_for(name: str, ids: Ids, model: Any = None) -> list[UUID]:
    """The ids that an argument of this name could mean: its table's, the screen's own, otherwise one of each."""
    table = TABLE_OF.get(name.removesuffix("_id"))
    if table:
        return ids.get(table, [])[:2]
    if model is not None:
        return ids.get(model.__tablename__, [])[:8]
    return [rows[0] for rows in ids.values() if rows]


class Noted(ImmutableMultiDict[str, str]):
    """Fields of a request that remember which of them a page asked for."""

    asked_for: ClassVar[set[str]] = set()


def _noting(name: str) -> Callable[..., Any]:
    ask = getattr(ImmutableMultiDict, name)

    @wraps(ask)
    def noting(fields: Noted, *args: Any, **options: Any) -> Any:
        Noted.asked_for.update({str(args[0])} if name in BY_NAME else fields.keys())
        return ask(fields, *args, **options)

    return noting


BY_NAME = ("__contains__", "__getitem__", "get", "getlist")
for each in (*BY_NAME, "__iter__", "items", "lists", "values", "to_dict"):
    setattr(Noted, each, _noting(each))


def note_what_is_read(app: Flask) -> None:
    """From now on `Noted` knows what the pages of this app ask a request for."""
    app.request_class = type("NotedRequest", (app.request_class,), {"parameter_storage_class": Noted})


def nouns(ids: Ids) -> dict[str, str]:
    """A form or query that names a row of every kind."""
    found = {}
    for noun, table in TABLE_OF.items():
        if ids.get(table):
            found[noun] = found[f"{noun}_id"] = str(ids[table][0])
    return found


def asked(visitor: Visitor, page: Page, ids: Ids, method: str) -> Iterator[tuple[str, TestResponse]]:
    """Ask for the page with the ids that it could take, in its address, its query and its form."""
    named = nouns(ids)
    paths = page.paths(ids)
    # A method that the page does not take is refused whatever the address holds.
    for path in paths if method in page.methods else paths[:1]:
        for row_id in _row_ids(page, ids, method):
            values = {"id": str(row_id), **named}
            Noted.asked_for.clear()
            visitor.address = next(ADDRESSES)
            answer = send(visitor, path, method, values)
            reads_it = "id" in Noted.asked_for
            yield f"{method} {path}?id={row_id}", answer
            if not reads_it:
                break  # whatever the id, it would be the same request once more


def _row_ids(page: Page, ids: Ids, method: str) -> list[UUID]:
    """Where the page does not take the method, or takes its row from the address, one is enough."""
    found = ids_for("id", ids, page.model)
    return found[:1] if page.rule.arguments or method not in page.methods else found


def send(visitor: Visitor, path: str, method: str, values: Mapping[str, Any]) -> TestResponse:
    if method == "GET":
        return visitor.get(path, query_string=values)
    form = {"csrf_token": visitor.kept_token(), **values}
    return visitor.open(path, method=method, data=form, query_string={"id": values.get("id", "")})


def leads_to_sign_in(answer: TestResponse) -> bool:
    pages = ("/login?next=", "/my/sign-in?next=")
    return answer.status_code == 302 and (answer.location or "").startswith(pages)


def was_let_in(answer: TestResponse) -> bool:
    """Whether the page was reached, whatever it then said."""
    return answer.status_code not in (401, 403) and not leads_to_sign_in(answer)
