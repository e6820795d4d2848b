"""Imports point down only (DESIGN, the rooms); each check is shown to find a made-up violation."""

import pytest

from tests.guards import imports

SOURCES = imports.read_sources()
SIMULATORS = imports.read_sources("simulators")


def test_every_room_is_in_the_table() -> None:
    assert imports.unknown_rooms(SOURCES) == set()
    assert imports.unknown_rooms(SOURCES | {"backoffice.helpers.dates": ""}) == {"helpers"}


def test_imports_point_down_only() -> None:
    assert imports.imports_upwards(SOURCES) == []


@pytest.mark.parametrize(
    ("module", "line", "finding"),
    [
        ("services.x", "from backoffice.views.requests import current_actor", "imports views"),
        ("services.x", "from backoffice import views", "imports views"),
        ("services.x", "from backoffice.work import commit_once", "imports work"),
        ("services.x", "from backoffice import create_app", "imports backoffice"),
        ("models.x", "import backoffice.services.audit", "imports services"),
        ("models.x", "from backoffice.gateways import mail", "imports gateways"),
        ("gateways.x", "from backoffice.models import Booking", "imports models"),
        ("documents.x", "from backoffice.database import db", "imports database"),
        ("models.x", "from .. import services", "imports by dots"),
        ("domain.x", "def f():\n    from backoffice.models import Booking", "imports models"),
    ],
)
def test_an_import_that_points_up_is_found(module: str, line: str, finding: str) -> None:
    made_up = {f"backoffice.{module}": line}
    assert imports.imports_upwards(made_up) == [f"backoffice.{module} {finding}"]


def test_the_domain_is_pure() -> None:
    assert imports.impure_domain(SOURCES) == []


@pytest.mark.parametrize(
    "line",
    [
        "import flask",
        "from sqlalchemy import select",
        "import requests",
        "import socket",
        "import time",
        "x = datetime.now(UTC)",
        "x = date.today()",
        "x = open('f')",
    ],
)
def test_what_makes_the_domain_impure_is_found(line: str) -> None:
    assert len(imports.impure_domain({"backoffice.domain.x": line})) == 1


def test_no_modules_import_each_other_in_a_ring() -> None:
    assert imports.cycles(SOURCES) == []


def test_a_ring_is_found() -> None:
    ring = {
        "backoffice.services.a": "from backoffice.services import b",
        "backoffice.services.b": "def f():\n    from backoffice.services.c import x",
        "backoffice.services.c": "import backoffice.services.a",
        "backoffice.services": "",
    }
    assert imports.cycles(ring) == [[f"backoffice.services.{name}" for name in "abc"]]


def test_the_simulators_take_nothing_from_the_program_nor_it_from_them() -> None:
    """A misreading of a gateway must not be made twice."""
    assert SIMULATORS
    assert imports.imports_of_the_program(SIMULATORS) == []
    targets = {target for source in SOURCES.values() for target, _ in imports.imported_by(source)}
    assert not [target for target in targets if target.split(".")[0] == "simulators"]
    assert imports.imports_of_the_program({"simulators.x": "from backoffice.domain import money"})


def test_no_simulators_import_each_other_in_a_ring() -> None:
    assert imports.cycles(SIMULATORS) == []
