"""A saved report as it is mailed: its sums in words and the file that goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.documents.report_pdf import report_pdf
from backoffice.documents.spreadsheet_out import csv_rows
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.permissions import may
from backoffice.models import SavedReport, Tenant, User
from backoffice.services import reports
from backoffice.services.reports import asking, files, printed
from backoffice.services.reports.snapshot import snapshot


@dataclass(frozen=True)
class Mailed:
    """What the mail says, and its file: a name, its bytes and its type."""

    title: str
    facts: str
    sums: list[tuple[str, str]]
    file_name: str
    content: bytes
    content_type: str


def write(data: dict[str, Any], user: User, tenant: Tenant) -> Mailed:
    """The report of a queued mail. Raises NotFound, Refused where the person may not read it any more."""
    if not user.is_active or not may(user.role, "report.read"):
        raise Refused("may_not_read", "Not sent: this person may not read reports any more.")
    saved = db.session.scalar(
        select(SavedReport).where(SavedReport.id == UUID(str(data.get("saved_report_id", UUID(int=0)))))
    )
    if saved is None or saved.ended_at is not None:
        raise NotFound("This report is not mailed any more.")
    report = reports.get(saved.report)
    days = {"from": str(data.get("from", "")), "until": str(data.get("until", ""))}
    asked = asking.read(report, days | {"basis": saved.parameters["basis"]}, tenant, datetime.now(UTC))
    said = asking.facts(report, asked)
    with snapshot() as reader:
        result = report.run(reader, asked)
    page = printed.of_report(report, result, tenant.name, said)
    sums = [
        (label, figure)
        for table in page.tables
        for (label, _), figure in zip(table.header[1:], (table.total or [])[1:], strict=False)
        if figure
    ]
    if saved.file == "csv":
        content, kind = b"".join(csv_rows(files.table_header(result), files.table_rows(result))), "text/csv"
    else:
        content, kind = report_pdf(page), "application/pdf"
    name = f"{report.name}-{asked.period.first}-{asked.period.last}.{saved.file}"
    return Mailed(saved.name, " · ".join(said), sums, name, content, kind)
