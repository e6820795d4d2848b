"""`flask import` as a person at the command line meets it: counts, reasons, files and exit codes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from backoffice.tenancy import tenant_scope
from tests import factories
from tests.services.imported import BOOKING, VENUE, bring_base, digest, table, value

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, provider: factories.Provider) -> Run:
    def invoke(*words: str | Path) -> Result:
        runner = app.test_cli_runner()
        return runner.invoke(args=["import", *map(str, words), "--tenant", provider.slug])

    return invoke


def within(app: Flask, provider: factories.Provider, look: Callable[[], object]) -> object:
    with app.app_context(), tenant_scope(provider.id):
        return look()


def test_an_import_says_what_became_of_the_rows(
    run: Run, app: Flask, provider: factories.Provider, tmp_path: Path
):
    file = tmp_path / "venues.csv"
    file.write_bytes(table(VENUE))
    first, second = run("venues", file), run("venues", file)
    assert (first.exit_code, first.output) == (0, "venues: 1 new, 0 same, 0 changed, 0 refused\n")
    assert (second.exit_code, second.output) == (0, "venues: 0 new, 1 same, 0 changed, 0 refused\n")
    assert within(app, provider, lambda: value("SELECT count(*) FROM venues")) == 1


def test_refused_rows_end_with_code_1_and_come_back_as_a_file(
    run: Run, app: Flask, provider: factories.Provider, tmp_path: Path
):
    within(app, provider, bring_base)
    file = tmp_path / "bookings.csv"
    file.write_bytes(table(BOOKING, BOOKING | {"reference": "TST-2026-0008", "total": "much"}))
    result = run("bookings", file)
    assert result.exit_code == 1
    assert "line 3 (TST-2026-0008): total: Write the amount like £1,234.50." in result.output
    assert "bookings: 1 new, 0 same, 0 changed, 1 refused" in result.output
    lines = (tmp_path / "bookings.csv.refused.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].endswith("notes,reason") and "much" in lines[1] and len(lines) == 2
    assert within(app, provider, lambda: value("SELECT count(*) FROM bookings")) == 1


def test_a_dry_run_changes_nothing_and_says_so(
    run: Run, app: Flask, provider: factories.Provider, tmp_path: Path
):
    file = tmp_path / "venues.csv"
    file.write_bytes(table(VENUE))
    before = within(app, provider, digest)
    result = run("venues", file, "--dry-run")
    assert "1 new" in result.output and "dry run" in result.output
    assert within(app, provider, digest) == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"", "The file is empty"),
        (b"slug,name\na,Hall\n", "lacks the column capacity"),
        (b"\x00\x01\x02", "not a text file"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_code_2_and_a_sentence(
    run: Run, tmp_path: Path, content: bytes | None, says: str
):
    file = tmp_path / "venues.csv"
    if content is not None:
        file.write_bytes(content)
    result = run("venues", file)
    assert result.exit_code == 2
    assert says in result.output and "Traceback" not in result.output


def test_an_unknown_tenant_or_kind_is_said_in_a_sentence(app: Flask, run: Run, tmp_path: Path):
    file = tmp_path / "venues.csv"
    file.write_bytes(table(VENUE))
    runner = app.test_cli_runner()
    assert (
        "no tenant “nobody”"
        in runner.invoke(args=["import", "venues", str(file), "--tenant", "nobody"]).output
    )
    assert run("rooms", file).exit_code == 2
