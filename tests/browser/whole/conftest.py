"""In this folder `app`, `provider`, `site` and `open_page` are of one program that runs as `make run` starts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.factories import Provider
from tests.whole_program import House, Program


@pytest.fixture(scope="session")
def program(server_folder: Path) -> Iterator[Program]:
    with Program(server_folder / "whole").started() as running:
        yield running


@pytest.fixture(scope="session")
def app(program: Program) -> Flask:
    return program.make_app()


@pytest.fixture(scope="session")
def site_port(program: Program) -> int:
    return program.port


@pytest.fixture
def other_sites(program: Program) -> tuple[str, ...]:
    """The gateway's page is the simulator's."""
    return (program.run["simulators"],)


@pytest.fixture
def house(program: Program, app: Flask, provider: Provider) -> House:
    return House(program, app, provider)
