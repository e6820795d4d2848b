"""`flask tenant`: founding and listing."""

import pytest
from click.testing import Result
from flask import Flask

from backoffice.services import tenants

GIVEN = {
    "--name": "Leeds Language Loft",
    "--prefix": "LLL",
    "--currency": "EUR",
    "--time-zone": "Europe/Dublin",
}


def create(app: Flask, slug: str, host: str, **changes: str) -> Result:
    options = GIVEN | {"--country": "IE", "--host": host} | changes
    words = [word for option in options.items() for word in option]
    return app.test_cli_runner().invoke(args=["tenant", "create", slug, *words])


def test_a_tenant_is_made_and_listed_and_shown_at_its_host(app: Flask):
    assert create(app, "loft", "Loft.Example").exit_code == 0
    listed = app.test_cli_runner().invoke(args=["tenant", "list"]).output
    assert "loft" in listed and "EUR" in listed and "loft.example" in listed
    with app.app_context():
        assert tenants.find_by_host("loft.example") is not None


def test_a_taken_name_or_host_is_refused(app: Flask):
    create(app, "taken", "taken.example")
    assert "There is a tenant “taken” already." in create(app, "taken", "other.example").output
    again = create(app, "other", "taken.example")
    assert again.exit_code == 1 and "leads to another tenant" in again.output


@pytest.mark.parametrize(
    ("option", "given", "says"),
    [
        ("--currency", "pounds", "three letters"),
        ("--time-zone", "Mars/Base", "Choose a time zone"),
        ("--country", "Kenya", "two letters"),
        ("--prefix", "T1", "capital letters"),
        ("--host", "not a host", "Name at least one host"),
        ("--name", " ", "Name is needed"),
    ],
)
def test_what_makes_no_tenant_is_refused_with_a_sentence(app: Flask, option: str, given: str, says: str):
    result = create(app, "odd", "odd.example", **{option: given})
    assert result.exit_code == 1 and says in result.output


def test_a_currency_without_small_coins_is_paid_in_whole_units(app: Flask):
    create(app, "whole", "whole.example", **{"--currency": "KES"})
    with app.app_context():
        tenant = tenants.find_by_slug("whole")
        assert tenant is not None and tenant.smallest_unit_minor == 100
