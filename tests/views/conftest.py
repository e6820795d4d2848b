"""What the tests of all pages share."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.tenancy import tenant_scope
from tests.factories import Provider


@pytest.fixture
def inside(app: Flask, provider: Provider) -> Callable[[Callable[[], Any]], Any]:
    """Run something as the provider, and leave its context again: a client call must find none open."""

    def run(work: Callable[[], Any]) -> Any:
        with app.app_context(), tenant_scope(provider.id):
            try:
                return work()
            finally:
                db.session.remove()

    return run
