"""Reports and their rows as files, sent as they are read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from flask import Blueprint, Response, request

from backoffice.documents.report_pdf import report_pdf
from backoffice.documents.spreadsheet_out import csv_rows
from backoffice.domain.errors import NotFound
from backoffice.services import reports
from backoffice.services.reports import asking, files, printed
from backoffice.services.reports.csv_stream import csv_stream
from backoffice.services.reports.snapshot import open_snapshot, snapshot
from backoffice.services.reports.tables import Report
from backoffice.views.admin.reports import asked_detail
from backoffice.views.requests import current_tenant

blueprint = Blueprint("report_files", __name__, url_prefix="/admin/reports")

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@blueprint.get("/<name>/file.<kind>")
def report_file(name: str, kind: str) -> Response:
    """The report's tables. Raises Invalid for days that make no sense: a file cannot say so beside the field."""
    report, tenant = known(name, kind), current_tenant()
    asked = asking.read(report, request.args, tenant, datetime.now(UTC))
    with snapshot() as reader:
        result = report.run(reader, asked)
    if kind == "pdf":
        page = printed.of_report(report, result, tenant.name, asking.facts(report, asked))
        return download(report_pdf(page), name, kind)
    return download(
        spreadsheet(kind, files.table_header(result), files.table_rows(result), report.title), name, kind
    )


@blueprint.get("/<name>/rows/file.<kind>")
def rows_file(name: str, kind: str) -> Response:
    """The rows behind a figure, as they come from the database."""
    report, tenant = known(name, kind), current_tenant()
    asked = asking.read(report, request.args, tenant, datetime.now(UTC))
    reader = open_snapshot()
    try:
        detail = asked_detail(report, asked, reader)
        if kind == "pdf":
            page = printed.of_rows(
                reader, report, detail, tenant.name, asking.facts(report, asked), asked.zone
            )
            body: Any = report_pdf(page)
        elif kind == "csv":
            body = csv_stream(reader, detail, asked.zone)
        else:
            found = files.detail_rows(reader, detail, asked.zone)
            body = spreadsheet(kind, files.detail_header(detail), found, report.title)
        answer = download(body, f"{name}-rows", kind)
    except BaseException:
        reader.close()
        raise
    answer.call_on_close(reader.close)
    return answer


def known(name: str, kind: str) -> Report:
    """The report. Raises NotFound, also for a kind of file that there is not."""
    if kind not in TYPES:
        raise NotFound("A report can be had as csv, xlsx or pdf.")
    return reports.get(name)


def spreadsheet(kind: str, header: list[str], found: Iterable[list[Any]], title: str) -> Any:
    if kind == "csv":
        return csv_rows(header, found)
    # The library behind it is heavy, and few exports need it.
    workbook_out = import_module("backoffice.documents.workbook_out")
    return workbook_out.xlsx_bytes(header, found, title=title[:31])


def download(body: Any, name: str, kind: str) -> Response:
    answer = Response(body, mimetype=TYPES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer
