"""`flask user …`: logins without a browser."""

import pytest
from click.testing import Result
from flask import Flask

from backoffice.database import db
from backoffice.models import User
from backoffice.services import passwords, sign_in
from backoffice.tenancy import tenant_scope
from tests.factories import Provider
from tests.web_client import PASSWORD, Visitor

EMAIL = "boss@x.example"


def run(app: Flask, provider: Provider, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["user", *words, "--tenant", provider.slug])


def found(app: Flask, provider: Provider) -> User:
    with app.app_context(), tenant_scope(provider.id):
        user = sign_in.find_by_email(EMAIL)
        db.session.remove()
        assert user is not None
        return user


def test_a_login_that_is_made_here_signs_in(app: Flask, provider: Provider) -> None:
    made = run(app, provider, "create", EMAIL.upper(), "--role", "admin", "--password", PASSWORD)
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    visitor = Visitor(app, provider.host)
    assert visitor.sign_in(EMAIL).status_code == 303
    assert visitor.get("/admin/users/").status_code == 200


def test_without_a_password_one_is_made_up_and_said(app: Flask, provider: Provider) -> None:
    made = run(app, provider, "create", EMAIL)
    said = made.output.strip().rstrip(".").rpartition(" ")[2]
    with app.app_context():
        assert passwords.fits(said, found(app, provider).password_hash)


def test_an_invited_login_has_no_password_yet(app: Flask, provider: Provider) -> None:
    assert "invitation is on its way" in run(app, provider, "create", EMAIL, "--invite").output
    assert found(app, provider).password_hash is None


def test_a_role_and_a_password_are_changed(app: Flask, provider: Provider) -> None:
    run(app, provider, "create", EMAIL, "--role", "office", "--password", PASSWORD)
    visitor = Visitor(app, provider.host)
    visitor.sign_in(EMAIL)
    assert run(app, provider, "set-role", EMAIL, "manager").exit_code == 0
    assert found(app, provider).role == "manager"
    assert run(app, provider, "set-password", EMAIL, "--password", "violet kettle 42").exit_code == 0
    assert visitor.get("/admin/", headers={"Accept": "text/html"}).location.startswith("/login")
    assert visitor.sign_in(EMAIL, "violet kettle 42").status_code == 303


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "no address"), "Enter an e-mail address"),
        (("create", EMAIL, "--password", "short"), "Use at least 8 characters"),
        (("set-role", "nobody@x.example", "admin"), "Nobody here has the address"),
        (("set-password", "nobody@x.example", "--password", PASSWORD), "Nobody here has the address"),
    ],
)
def test_a_refusal_is_a_sentence(
    app: Flask, provider: Provider, words: tuple[str, ...], sentence: str
) -> None:
    result = run(app, provider, *words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_the_last_administrator_keeps_the_role(app: Flask, provider: Provider) -> None:
    run(app, provider, "create", EMAIL, "--role", "admin", "--password", PASSWORD)
    result = run(app, provider, "set-role", EMAIL, "office")
    assert result.exit_code == 1
    assert "only administrator" in result.output


def test_a_login_belongs_to_the_tenant_that_was_named(app: Flask, provider: Provider) -> None:
    result = app.test_cli_runner().invoke(args=["user", "create", EMAIL, "--tenant", "nobody"])
    assert result.exit_code == 2
    assert "There is no tenant" in result.output
