"""The first page of the back office: the day's work."""

from datetime import UTC, datetime
from typing import Any

from flask import render_template, url_for
from markupsafe import Markup

from backoffice.documents.chart import bar_chart_svg
from backoffice.domain.money import format_money
from backoffice.domain.times import say_date, to_local
from backoffice.services import work_queues
from backoffice.services.work_queues import MOST_COUNTED, Counted, Day
from backoffice.views.admin.payments import METHOD_WORDS
from backoffice.views.admin.registers import register_url
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.links import date_url
from backoffice.views.requests import current_actor, current_tenant


@desk.get("/admin/")
def home() -> Any:
    """Queues with a key each, today's and tomorrow's dates, and today's takings."""
    tenant, actor = current_tenant(), current_actor()
    day = Day.of(datetime.now(UTC), tenant)
    today = to_local(day.now, tenant.time_zone).date()
    dates = work_queues.list_dates(day, tenant)
    return render_template(
        "desk/home.html",
        today=say_date(today),
        may_book=actor.may("desk.use"),
        cards=[
            card(number, counted) for number, counted in enumerate(work_queues.count_queues(day, actor), 1)
        ],
        days=(
            ("Today", [date for date in dates if date.starts_at < day.ends]),
            ("Tomorrow", [date for date in dates if date.starts_at >= day.ends]),
        ),  # fmt: skip
        date_url=date_url,
        register_url=register_url,
        takings=takings(day, tenant.currency) if actor.may("payment.read") else None,
    )


def card(number: int, counted: Counted) -> dict[str, Any]:
    queue, count = counted.queue, counted.count
    return {
        "count": f"{MOST_COUNTED:,}+" if count >= MOST_COUNTED else count,
        "label": queue.label,
        "hint": queue.hint,
        "url": url_for("desk.queue_page", name=queue.name),
        "key": str(number % 10) if number <= 10 else "",
        "tone": queue.tone if count else "",
    }


def takings(day: Day, currency: str) -> dict[str, Any]:
    """Rows of clerk, method, number and amount; the sums by method as a chart."""
    rows = [row for row in work_queues.takings(day) if row.currency == currency]
    by_method: dict[str, int] = {}
    for row in rows:
        word = METHOD_WORDS.get(row.method, row.method)
        by_method[word] = by_method.get(word, 0) + int(row.amount_minor)

    def money(minor: int) -> str:
        return format_money(minor, currency)

    chart = bar_chart_svg(
        sorted(by_method.items()), title="Today's takings by method", unit_label=currency, formatter=money
    )
    return {
        "rows": [
            (row.clerk, METHOD_WORDS.get(row.method, row.method), row.payments, money(int(row.amount_minor)))
            for row in rows
        ],
        "total": money(sum(by_method.values())),
        "chart": Markup(chart),  # noqa: S704 - made by us, escaped there
    }
