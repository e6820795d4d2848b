"""A clerk at the desk, and a provider with a few dates and callers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backoffice.tenancy import tenant_scope
from tests import factories
from tests.web_client import Visitor, signed_in

JSON = {"Accept": "application/json"}


class Clerk:
    """Somebody signed in who asks as the desk's script does."""

    def __init__(self, app: Flask, provider: factories.Provider, role: str = "office") -> None:
        self.app, self.provider = app, provider
        self.visitor: Visitor = signed_in(app, provider, role)

    def ask(self, path: str, **query: Any) -> TestResponse:
        return self.visitor.get(f"/admin/desk/{path}", query_string=query, headers=JSON)

    def send(self, path: str, body: Any, **headers: str) -> TestResponse:
        sent = JSON | {"X-CSRFToken": self.visitor.kept_token()} | headers
        return self.visitor.open(f"/admin/desk/{path}", method="POST", json=body, headers=sent)

    @contextmanager
    def at_the_provider(self) -> Iterator[None]:
        """The tenant's scope, for making rows and looking at them."""
        with self.app.app_context(), tenant_scope(self.provider.id):
            yield


@pytest.fixture
def clerk(app: Flask, provider: factories.Provider) -> Clerk:
    return Clerk(app, provider)


@pytest.fixture
def schedule_id(clerk: Clerk) -> str:
    """A date at 75.00 with 12 places."""
    with clerk.at_the_provider():
        return str(factories.make_schedule().id)


def order(schedule_id: str, **more: Any) -> dict[str, Any]:
    """What the form sends for a new caller who pays in cash."""
    caller = {
        "first_name": "Jane",
        "last_name": "Smith",
        "email": "jane@mail.example",
        "phone": "07700 900123",
    }
    fixed = {"schedule_id": schedule_id, "places": "1", "payment_method": "cash", "send_mail": True}
    return caller | fixed | {"attendees": [{"is_customer": True}]} | more
