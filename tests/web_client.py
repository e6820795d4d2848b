"""A browser without a screen: keeps its cookies, knows its host, and sends the token of the form."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backoffice.models import User
from backoffice.services import passwords
from backoffice.tenancy import tenant_scope
from tests import factories

PASSWORD = "correct horse 7"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """One browser at one provider's host."""

    def __init__(self, app: Flask, host: str, address: str = "192.0.2.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.host = host
        self.address = address
        self._token = ""

    def open(self, path: str, **options: Any) -> TestResponse:
        options.setdefault("base_url", f"http://{self.host}")
        options.setdefault("environ_base", {"REMOTE_ADDR": self.address})
        return self.client.open(path, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.open(path, method="GET", **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with this session's token, as a page of ours would."""
        return self.open(path, method="POST", data={"csrf_token": self.token(), **(data or {})}, **options)

    def token(self) -> str:
        answer = self.get("/login", headers={"Accept": "application/json"})
        return str(answer.json["csrf_token"]) if answer.json else ""

    def kept_token(self) -> str:
        """The token, asked for once: it is good for the whole session."""
        self._token = self._token or self.token()
        return self._token

    def sign_in(self, email: str, password: str = PASSWORD, **options: Any) -> TestResponse:
        return self.post("/login", {"email": email, "password": password}, **options)

    def session_cookie(self) -> str:
        cookie = self.client.get_cookie("backoffice", self.host)
        return cookie.value if cookie else ""

    def session_token(self) -> str:
        """The secret of the session, out of the signed cookie."""
        with self.client.session_transaction(base_url=f"http://{self.host}") as held:
            return str(held["_user_id"]).partition(":")[2]

    def carry(self, session_cookie: str) -> None:
        """Use a session cookie that somebody copied."""
        self.client.set_cookie("backoffice", session_cookie, domain=self.host)


def make_login(app: Flask, provider: factories.Provider, role: str = "office", **values: Any) -> str:
    """The address of a new person who may sign in with PASSWORD."""
    with app.app_context(), tenant_scope(provider.id):
        hashed = passwords.hash_password(PASSWORD)
        user: User = factories.make_user(role, **{"password_hash": hashed, **values})
        return str(user.email)


def signed_in(app: Flask, provider: factories.Provider, role: str = "office") -> Visitor:
    """Somebody of this role, signed in."""
    visitor = Visitor(app, provider.host)
    answer = visitor.sign_in(make_login(app, provider, role))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return visitor


def words(answer: TestResponse) -> str:
    """The page's text on one line, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())
