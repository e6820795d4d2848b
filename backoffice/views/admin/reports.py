"""Reports for managers: the list, each report with its chart and table, and the rows behind every figure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup

from backoffice.documents.chart import bar_chart_svg
from backoffice.services import reports
from backoffice.services.reports import asking, periods, rows
from backoffice.services.reports.lines import BASES
from backoffice.services.reports.printed import say
from backoffice.services.reports.snapshot import snapshot
from backoffice.services.reports.tables import (
    COUNT,
    MONEY,
    PERCENT,
    Asked,
    Column,
    Detail,
    Line,
    Report,
    Result,
    Table,
)
from backoffice.views.admin.pieces import may_open, money_cell, record_link
from backoffice.views.requests import current_tenant

blueprint = Blueprint("reports", __name__, url_prefix="/admin/reports")

ROWS_PER_PAGE = 100
MOST_BARS = 60
FORMATS = {"csv": "CSV", "xlsx": "Excel", "pdf": "PDF"}


@blueprint.get("/")
def index_view() -> Any:
    """What there is to ask."""
    groups: dict[str, list[Report]] = {}
    for report in reports.REPORTS.values():
        groups.setdefault(report.group, []).append(report)
    return render_template(
        "admin/reports/index.html", groups=groups, saved_url=url_for("saved_reports.index_view")
    )


@blueprint.get("/<name>/")
def report_view(name: str) -> Any:
    """One report: its figures, drawn and listed."""
    report = reports.get(name)
    asked, problems = asking.read_leniently(report, request.args, current_tenant(), datetime.now(UTC))
    with snapshot() as reader:
        result = report.run(reader, asked)
    return render_template(
        "admin/reports/report.html",
        report=report,
        result=result,
        asked=asked,
        problems=problems,
        basis_words=BASES,
        presets=periods.PRESETS,
        tables=[shown_table(report, result, table) for table in result.tables],
        files=[
            (label, url_for("report_files.report_file", name=name, kind=kind, **asking.link_values(asked)))
            for kind, label in FORMATS.items()
            if may_open("report_files.report_file")
        ],
        save_url=url_for("saved_reports.save", name=name, **asking.link_values(asked)),
        facts=asking.facts(report, asked),
    )


@blueprint.get("/<name>/rows/")
def rows_view(name: str) -> Any:
    """The rows that a figure is the sum of."""
    report = reports.get(name)
    asked, _ = asking.read_leniently(report, request.args, current_tenant(), datetime.now(UTC))
    number = min(max(request.args.get("page", 0, type=int) or 0, 0), 100_000)
    with snapshot() as reader:
        detail = asked_detail(report, asked, reader)
        whole = rows.extent(reader, detail)
        found = rows.page(reader, detail, number * ROWS_PER_PAGE, ROWS_PER_PAGE)
    here = asking.link_values(asked) | row_values()
    return render_template(
        "admin/reports/rows.html",
        report=report,
        detail=detail,
        header=[heading(column) for column in detail.columns],
        rows=[shown_row(row, detail, asked.zone) for row in found],
        totals=[whole.sums.get(column.name) for column in detail.columns],
        show=lambda column, value: cell(column, value, detail.currency, asked.zone),
        show_sum=sum_shown(detail, whole),
        whole=whole,
        first=number * ROWS_PER_PAGE + 1,
        previous=url_for(".rows_view", name=name, **here, page=number - 1) if number else None,
        following=url_for(".rows_view", name=name, **here, page=number + 1)
        if (number + 1) * ROWS_PER_PAGE < whole.count
        else None,
        back=url_for(".report_view", name=name, **asking.link_values(asked)),
        files=[
            (label, url_for("report_files.rows_file", name=name, kind=kind, **here))
            for kind, label in FORMATS.items()
            if may_open("report_files.rows_file")
        ],
        facts=asking.facts(report, asked),
    )


def asked_detail(report: Report, asked: Asked, reader: Any) -> Detail:
    """The drill-down that the address names: its currency and key."""
    currency = request.args.get("currency", "")[:3].upper() or asked.currency
    return report.detail(reader, asked, currency, request.args.get("key"))


def sum_shown(detail: Detail, whole: rows.Extent) -> Any:
    """The sum that the figure showed."""
    column = next(each for each in detail.columns if each.name == detail.shown)
    return cell(column, whole.sums[detail.shown], detail.currency, "UTC")


def row_values() -> dict[str, Any]:
    """What of the address says which rows."""
    return {name: request.args[name] for name in ("currency", "key") if name in request.args}


def shown_table(report: Report, result: Result, table: Table) -> dict[str, Any]:
    """A table for the page: its chart, and its cells with the links behind them."""
    asked, currency = result.asked, table.currency
    values = asking.link_values(asked) | {"currency": currency or asked.currency}

    def link(key: str | None) -> str:
        wanted = values if key is None else values | {"key": key}
        return url_for(".rows_view", name=report.name, **wanted)

    def cells(figures: tuple[Any, ...]) -> list[Any]:
        return [cell(*pair, currency, asked.zone) for pair in zip(table.columns, figures, strict=True)]

    return {
        "currency": currency,
        "title": table.title,
        "header": [table.first_heading, *(heading(column) for column in table.columns)],
        "lines": [(line.label, link(line.key), cells(line.values)) for line in table.lines],
        "total": cells(table.total) if table.total else None,
        "total_link": link(None),
        "chart": chart(report, table, asked.zone),
    }


def chart(report: Report, table: Table, zone: str) -> Markup | None:
    """The charted column as bars; none where there is nothing to draw."""
    column = table.columns[table.charted]
    points = [(short(line), int(line.values[table.charted] or 0)) for line in table.lines[:MOST_BARS]]
    if not any(value for _, value in points):
        return None

    def words(value: int) -> str:
        return say(column, value, table.currency, zone)

    title = f"{report.title}: {column.label}"
    drawn = bar_chart_svg(points, title=title, unit_label=column.label, formatter=words)
    return Markup(drawn)  # noqa: S704 - made by us, escaped there


def short(line: Line) -> str:
    """What stands under a bar; of a month it has room for "Dec 25"."""
    is_month = len(line.key or "") == 7 and line.label[-4:] == (line.key or "")[:4]
    return f"{line.label[:-4]}{line.label[-2:]}" if is_month else line.label


def heading(column: Column) -> Any:
    return (column.label, "num") if column.kind in (MONEY, COUNT, PERCENT) else column.label


def shown_row(row: Any, detail: Detail, zone: str) -> list[Any]:
    """A row's cells; the first one that names the record leads to it."""
    cells = [
        cell(column, value, detail.currency, zone)
        for column, value in zip(detail.columns, rows.spoken(row, detail), strict=True)
    ]
    at = next((i for i, column in enumerate(detail.columns) if column.name in ("reference", "course")), 0)
    if row.link_kind:
        cells[at] = record_link(row.link_kind, row.link_id, cells[at] or "Open")
    return cells


def cell(column: Column, value: Any, currency: str | None, zone: str) -> Any:
    """A value as the page shows it."""
    if value is None or value == "":
        return ""
    if column.kind == MONEY:
        return money_cell(int(value), currency or "")
    if column.name in ("reference", "booking"):
        return Markup('<span class="reference">{}</span>').format(value)
    return say(column, value, currency, zone)
