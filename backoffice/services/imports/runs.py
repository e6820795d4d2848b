"""The life of an upload: checked by a job, looked at by a person, imported by a job; each run keeps what became of its rows.

checking → checked → importing → imported; failed from either job. A job that is told twice finds the status moved on.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from backoffice.database import db, new_id
from backoffice.documents.spreadsheet_in import MAXIMUM_BYTES
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.text import clean_line
from backoffice.models import ImportRow, ImportRun, User
from backoffice.services import audit, outbox
from backoffice.services.imports.kind import REFUSED, Verdict, insert_all
from backoffice.services.imports.runner import KINDS, Judged, Progress, judge, read, write
from backoffice.tenancy import current_tenant_id

CHECK, WRITE = "import.check", "import.write"
_SET_TENANT = text("SELECT set_config('app.tenant_id', :tenant, true)")


def start(kind: str, filename: str, content: bytes, actor: Actor) -> ImportRun:
    """Keep an upload and have it checked. Raises Forbidden, Invalid."""
    actor.require("import.run")
    if kind not in KINDS:
        raise Invalid("kind", "Choose what the file holds.", field="kind")
    if not content:
        raise Invalid("required", "Choose a file with a header line and rows.", field="file")
    if len(content) > MAXIMUM_BYTES:
        raise Invalid(
            "too_large", "The file is larger than 10 MB: split it into smaller files.", field="file"
        )
    name = clean_line(filename, field="file", maximum=200) or "upload"
    run = ImportRun(kind=kind, filename=name, content=content, started_by_id=actor.user_id)
    db.session.add(run)
    db.session.flush()
    audit.record_about(actor, "import:check", "import_runs", run.id, label=name, new={"kind": kind})
    outbox.promise(CHECK, run_id=str(run.id))
    return run


def confirm(run_id: UUID, actor: Actor) -> ImportRun:
    """Have a checked run imported; a second press finds it on its way. Raises Forbidden, NotFound, Refused."""
    actor.require("import.run")
    run = get(run_id)
    moved = db.session.scalar(
        update(ImportRun)
        .where(ImportRun.id == run_id, ImportRun.status == "checked")
        .values(status="importing", rows_done=0, error=None)
        .returning(ImportRun.id)
    )
    if moved is None:
        raise Refused("not_checked", "This file is being imported or was imported already.")
    audit.record_about(actor, "import:confirm", "import_runs", run.id, label=run.filename)
    outbox.promise(WRITE, run_id=str(run.id))
    return run


def check_again(run_id: UUID, actor: Actor) -> ImportRun:
    """Have a file checked once more: it failed, or things changed since. Raises Forbidden, NotFound, Refused."""
    actor.require("import.run")
    run = get(run_id)
    moved = db.session.scalar(
        update(ImportRun)
        .where(ImportRun.id == run_id, ImportRun.status.in_(("checked", "failed")))
        .values(status="checking", rows_done=0, error=None, finished_at=None)
        .returning(ImportRun.id)
    )
    if moved is None:
        raise Refused("not_checked", "This file is being imported or was imported already.")
    outbox.promise(CHECK, run_id=str(run.id))
    return run


def get(run_id: UUID) -> ImportRun:
    """The run; raises NotFound."""
    run = db.session.get(ImportRun, run_id)
    if run is None:
        raise NotFound("This import does not exist.")
    return run


def take_turn(run_id: UUID, status: str) -> ImportRun | None:
    """The run, if this work is still wanted. Raises Refused while another worker is busy with it.

    An advisory lock: the row itself must stay free, its progress is written past the transaction.
    """
    number = int.from_bytes(run_id.bytes[8:], signed=True)
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise Refused("busy", "Another worker is busy with this import.")
    run = db.session.get(ImportRun, run_id)
    return run if run is not None and run.status == status else None


def fail(run_id: UUID, sentence: str) -> None:
    """Note in a sentence why nothing was imported."""
    run = get(run_id)
    run.status, run.error, run.finished_at = "failed", sentence[:1000], datetime.now(UTC)


def check(run: ImportRun) -> None:
    """Judge every row and note it down. Raises Invalid for a file that cannot be read."""
    table = read(run.kind, run.content, run.filename)
    total = len(table.rows) + len(table.ragged)
    judged = judge(run.kind, table, _reporter(run.id, total))
    _keep_rows(run, judged, only_refused=False)
    run.status = "checked"


def carry_out(run: ImportRun) -> None:
    """Judge again, as things are now, and write. Raises DomainError; then nothing must be kept."""
    actor = _actor_of(run)
    table = read(run.kind, run.content, run.filename)
    judged = judge(run.kind, table)
    write(judged, actor, _reporter(run.id, len(judged.verdicts)))
    _keep_rows(run, judged, only_refused=True)
    run.status, run.content = "imported", b""  # the rows are where they belong now
    audit.record_about(actor, "import:finish", "import_runs", run.id, label=run.filename, new=judged.counts)


def _keep_rows(run: ImportRun, judged: Judged, *, only_refused: bool) -> None:
    """Note what became of each row. Once imported, only the refused ones still keep their cells."""
    db.session.execute(delete(ImportRow).where(ImportRow.import_run_id == run.id))
    insert_all(ImportRow, [_row(run.id, verdict, only_refused) for verdict in judged.verdicts])
    run.counts = {**judged.counts, "warnings": judged.warnings, "header": judged.header}
    run.rows_total = run.rows_done = len(judged.verdicts)
    run.finished_at = datetime.now(UTC)


def _row(run_id: UUID, verdict: Verdict, only_refused: bool) -> dict[str, Any]:
    return {
        "id": new_id(),
        "import_run_id": run_id,
        "line": verdict.line,
        "key": verdict.key.replace("\0", "")[:120],
        "outcome": verdict.outcome,
        "reason": verdict.reason[:1000] or None,
        "raw": {} if only_refused and verdict.outcome != REFUSED else _storable(verdict.cells),
    }


def _storable(cells: dict[str, str]) -> dict[str, str]:
    """JSON in PostgreSQL has no room for NUL and lone surrogates; a refused cell may hold them."""
    return {
        name.replace("\0", ""): cell.replace("\0", "").encode("utf-8", "replace").decode()
        for name, cell in cells.items()
    }


def _actor_of(run: ImportRun) -> Actor:
    user = db.session.get(User, run.started_by_id) if run.started_by_id else None
    return Actor("import", user.id if user else None, name=user.name if user else "Import")


def _reporter(run_id: UUID, total: int) -> Progress:
    """Progress is written past the transaction, so that the page sees it while nothing is imported yet."""
    tenant_id = current_tenant_id()

    def report(done: int) -> None:
        with db.engine.begin() as connection:
            connection.execute(_SET_TENANT, {"tenant": str(tenant_id)})
            connection.execute(
                update(ImportRun)
                .where(ImportRun.id == run_id)
                .values(rows_total=total, rows_done=min(done, total))
            )

    report(0)
    return report


def list_runs(limit: int = 50) -> Sequence[Any]:
    """The latest runs without their content, the newest first."""
    columns = (
        *(ImportRun.id, ImportRun.kind, ImportRun.filename, ImportRun.status, ImportRun.counts),
        *(ImportRun.created_at, ImportRun.error),
        func.concat_ws(" ", User.first_name, User.last_name).label("who"),
    )
    return db.session.execute(
        select(*columns)
        .outerjoin(User, User.id == ImportRun.started_by_id)
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
        .limit(limit)
    ).all()


def list_rows(
    run_id: UUID, outcome: str | None, *, after_line: int = 0, limit: int | None = 100
) -> Sequence[ImportRow]:
    """Rows of one outcome, or of all, in the order of the file; one more than the limit when there are more."""
    wanted = select(ImportRow).where(ImportRow.import_run_id == run_id, ImportRow.line > after_line)
    if outcome:
        wanted = wanted.where(ImportRow.outcome == outcome)
    return db.session.scalars(wanted.order_by(ImportRow.line).limit(limit and limit + 1)).all()
