"""`flask gateways …` and what `flask demo` fills in at the simulators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from backoffice import create_app
from backoffice.commands import gateways as commands
from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.services import gateway_accounts, gateway_setup, tenants
from backoffice.services.tenants import NewTenant
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.servers import MakeDatabase, settings_for
from tests.simulated import Simulators

OPERATOR = Actor("system", role="operator", name="Test")


class House:
    """An installation with two empty tenants, and the settings of the moment."""

    def __init__(self, make_app: Any) -> None:
        self.make_app = make_app
        self.app: Flask = make_app()
        self.ids = {}
        for slug in ("rft", "nairobi"):
            self.ids[slug] = self._found(slug)

    def _found(self, slug: str) -> Any:
        with self.app.app_context(), tenant_scope(new_id()):
            new = NewTenant(
                slug, slug.upper(), "GBP", "Europe/London", "GB", slug[:3].upper(), (f"{slug}.test",)
            )
            tenant_id = commit_once(lambda: tenants.create(new, OPERATOR)).id
            db.session.remove()
            return tenant_id

    def set(self, **environ: str) -> None:
        self.app = self.make_app(**environ)

    def run(self, *words: str) -> Result:
        return self.app.test_cli_runner().invoke(args=["gateways", *words])

    @contextmanager
    def scope(self, slug: str) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.ids[slug]):
            yield
            db.session.remove()

    def seed(self, slug: str) -> None:
        with self.scope(slug):
            commands.seed_simulated(slug)


@pytest.fixture
def house(make_database: MakeDatabase, redis_url: str, server_folder: Path) -> House:
    urls = make_database()
    return House(lambda **environ: create_app(settings_for(urls, server_folder, redis_url, **environ)))


def test_the_demonstration_pays_through_simulators(house: House, simulators: Simulators) -> None:
    house.set(**simulators.environ)
    for slug in ("rft", "nairobi"):
        house.seed(slug)
    with house.scope("rft"):
        (stripe,) = gateway_accounts.list_in_use()
        assert gateway_accounts.is_simulated(stripe)
        gateway: Any = gateway_accounts.open_account(stripe)
        assert gateway.knows_notices(gateway_accounts.notice_url(stripe))
        assert gateway_setup.has_key(stripe, "webhook_secret")
    for slug, number in (("rft", 1), ("nairobi", 3)):
        result = house.run("check", "--tenant", slug)
        assert result.exit_code == 0, result.output
        assert result.output.count("works") == number
        listed = house.run("list", "--tenant", slug).output
        assert listed.count("simulator") >= number
        assert "sk_test_simulator_rft" not in listed


def test_seeding_again_changes_nothing(house: House, simulators: Simulators) -> None:
    house.set(**simulators.environ)
    house.seed("nairobi")
    with house.scope("nairobi"):
        before = [(row.id, row.version, row.keys) for row in gateway_setup.list_accounts()]
    house.seed("nairobi")
    with house.scope("nairobi"):
        assert [(row.id, row.version, row.keys) for row in gateway_setup.list_accounts()] == before


def test_a_simulator_that_forgot_everything_is_told_again(house: House, simulators: Simulators) -> None:
    house.set(**simulators.environ)
    house.seed("rft")
    simulators.reset()
    house.seed("rft")
    with house.scope("rft"):
        (stripe,) = gateway_accounts.list_in_use()
        gateway: Any = gateway_accounts.open_account(stripe)
        assert gateway.knows_notices(gateway_accounts.notice_url(stripe))


def test_a_simulator_that_is_not_there_is_no_failed_start(house: House, simulators: Simulators) -> None:
    nowhere = dict.fromkeys(simulators.environ, "http://127.0.0.1:1")
    house.set(**nowhere)
    house.seed("nairobi")
    result = house.run("check", "--tenant", "nairobi")
    assert (result.exit_code, result.output.count("FAILED")) == (1, 3)
    house.set(**simulators.environ)
    house.seed("nairobi")
    assert house.run("check", "--tenant", "nairobi").exit_code == 0


def test_without_simulators_nothing_is_made(house: House) -> None:
    house.seed("rft")
    assert house.run("list", "--tenant", "rft").output == ""


def test_keys_that_somebody_entered_stay(house: House, simulators: Simulators) -> None:
    house.set(STRIPE_SECRET_KEY="sk_test_ofmyown12345")  # noqa: S106
    assert house.run("seed", "--tenant", "rft").exit_code == 0
    house.set(**simulators.environ)
    house.seed("rft")
    with house.scope("rft"):
        assert [row.key_hint for row in gateway_setup.list_accounts()] == ["sk_test_…2345"]


def test_the_environment_fills_in_stripe_once(house: House) -> None:
    house.set(STRIPE_SECRET_KEY="rk_live_ofmyown12345", STRIPE_WEBHOOK_SECRET="whsec_mine12345")  # noqa: S106
    first = house.run("seed", "--tenant", "rft")
    assert "rk_live_…2345, live" in first.output
    assert "rk_live_ofmyown12345" not in first.output
    assert "Nothing to do" in house.run("seed", "--tenant", "rft").output
    with house.scope("rft"):
        keys = gateway_setup.keys_of(gateway_accounts.get_in_use("stripe"))
        assert keys == {"secret_key": "rk_live_ofmyown12345", "webhook_secret": "whsec_mine12345"}


def test_a_key_that_is_none_is_refused_in_words(house: House) -> None:
    house.set(STRIPE_SECRET_KEY="pk_test_public12345")  # noqa: S106
    result = house.run("seed", "--tenant", "rft")
    assert result.exit_code == 1
    assert "begins with sk_" in result.output
    assert "pk_test_public12345" not in result.output
