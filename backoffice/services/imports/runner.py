"""Judges a table row by row without touching anything; writes what was judged good in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.documents.spreadsheet_in import RaggedRow, Table, read_table
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.models import Tenant
from backoffice.services.imports.bookings import Bookings
from backoffice.services.imports.cells import Cells
from backoffice.services.imports.courses import Courses
from backoffice.services.imports.instructors import Instructors
from backoffice.services.imports.kind import OUTCOMES, REFUSED, ROWS_PER_STATEMENT, Kind, Verdict
from backoffice.services.imports.refused_file import REASON
from backoffice.services.imports.schedules import Schedules
from backoffice.services.imports.venues import Venues
from backoffice.tenancy import current_tenant_id

# In the order in which they build on each other.
KINDS: dict[str, type[Kind]] = {
    kind.name: kind for kind in (Courses, Venues, Instructors, Schedules, Bookings)
}

T = TypeVar("T")

# Told how many rows are done.
Progress = Callable[[int], None]


@dataclass
class Judged:
    """Every row with its verdict, in the order of the file."""

    kind: Kind
    header: list[str]
    verdicts: list[Verdict]
    warnings: list[str]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(verdict.outcome for verdict in self.verdicts)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    @property
    def refused(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome == REFUSED]


def no_progress(done: int) -> None:
    """For callers that nobody watches."""


def read(kind_name: str, data: bytes, filename: str) -> Table:
    """The table in a file. Raises Invalid for one that cannot be read or that lacks a needed column."""
    table = read_table(data, filename)
    missing = [name for name in KINDS[kind_name].required if name not in table.header]
    if missing:
        words = "the column " if len(missing) == 1 else "the columns "
        raise Invalid(
            "missing_columns",
            f"This file of {kind_name} lacks {words}{', '.join(missing)}: add it to the first line.",
            field="file",
        )
    return table


def judge(kind_name: str, table: Table, progress: Progress = no_progress) -> Judged:
    """What importing the table would do. Changes nothing."""
    kind = KINDS[kind_name](db.session.get_one(Tenant, current_tenant_id()))
    verdicts = [_parse(kind, line, row) for line, row in _watched(table.rows, progress)]
    _refuse_repeated_keys(verdicts, kind.key)
    drafts = [verdict for verdict in verdicts if verdict.outcome != REFUSED]
    kind.load(drafts)
    for draft in _watched(drafts, progress, len(table.rows) // 2):
        kind.compare(draft)
    kind.settle(verdicts)
    verdicts += [_ragged(row, table.header) for row in table.ragged]
    verdicts.sort(key=lambda verdict: verdict.line)
    progress(len(verdicts))
    return Judged(kind, table.header, verdicts, _warnings(kind, table.header))


def write(judged: Judged, actor: Actor, progress: Progress = no_progress) -> None:
    """Write the new and the changed rows; the caller commits, or nothing was written. Sends no mail."""
    actor.require("import.run")
    wanted = [verdict for verdict in judged.verdicts if verdict.is_wanted]
    for start in range(0, len(wanted), ROWS_PER_STATEMENT):
        batch = wanted[start : start + ROWS_PER_STATEMENT]
        judged.kind.write(batch, actor)
        if len(wanted) > ROWS_PER_STATEMENT:
            db.session.execute(select(func.measure_grown_tables()))
        progress(start + len(batch))
    judged.kind.finish(wanted, actor)


def _watched(rows: Iterable[T], progress: Progress, before: int = 0) -> Iterator[T]:
    """Rows are gone through twice, to read and to compare: each time counts half."""
    for done, row in enumerate(rows, start=1):
        yield row
        if done % ROWS_PER_STATEMENT == 0:
            progress(before + done // 2)


def _parse(kind: Kind, line: int, row: dict[str, str]) -> Verdict:
    cells = Cells(row, kind.tenant)
    values = kind.parse(cells)
    verdict = Verdict(line, row, key=str(values[kind.key] or ""), values=values)
    if cells.problems:
        verdict.refuse(" ".join(cells.problems))
    return verdict


def _refuse_repeated_keys(verdicts: list[Verdict], key: str) -> None:
    first: dict[str, int] = {}
    for verdict in verdicts:
        if verdict.outcome == REFUSED:
            continue
        seen = first.setdefault(verdict.key.lower(), verdict.line)
        if seen != verdict.line:
            verdict.refuse(f"{key}: “{verdict.key}” is on line {seen} already.")


def _ragged(row: RaggedRow, header: list[str]) -> Verdict:
    # Cells too many are most often a comma without quotes: they stay visible in the last column.
    last = len(header) - 1
    cells = dict(zip(header, [*row.cells[:last], ", ".join(row.cells[last:])], strict=False))
    verdict = Verdict(row.line_no, cells, key=(row.cells or [""])[0])
    verdict.refuse(row.reason)
    return verdict


def _warnings(kind: Kind, header: list[str]) -> list[str]:
    known = {*kind.required, *kind.optional, REASON}
    strange = [name[:60] for name in header if name not in known]
    if not strange:
        return []
    words = "The column {} is" if len(strange) == 1 else "The columns {} are"
    return [words.format(", ".join(strange)) + " not known here and will not be imported."]
