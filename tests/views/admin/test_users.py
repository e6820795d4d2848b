"""The screen of staff: found by what their addresses hold, changed one at a time."""

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import User
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

STAFF = "/admin/users/"


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def test_staff_are_found_by_signs_that_mean_something_to_sql(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_user("office", email="ann_lee@x.example", first_name="Ann")
        factories.make_user("office", email="annxlee@x.example", first_name="Anna")
        db.session.remove()
    page = admin.get(STAFF, query_string={"search": "ann_lee"}).get_data(as_text=True)
    assert "ann_lee@x.example" in page and "annxlee@x.example" not in page
    assert "ann_lee" not in admin.get(STAFF, query_string={"search": "%"}).get_data(as_text=True)


def test_what_is_done_to_one_row_is_not_done_to_two(app: Flask, provider: Provider, admin: Visitor) -> None:
    """The page that asked named one person; an address with two was made by hand."""
    with app.app_context(), tenant_scope(provider.id):
        ids = [factories.make_user("office").id for _ in range(2)]
        db.session.remove()
    address = f"{STAFF}change-role/?id={ids[0]}&id={ids[1]}"
    assert admin.get(address).status_code == 404
    assert admin.post(address, {"role": "admin"}).status_code == 404
    with app.app_context(), tenant_scope(provider.id):
        assert {db.session.get_one(User, each).role for each in ids} == {"office"}
