"""One work queue as a list: each line leads to the record it is about."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, url_for

from backoffice.services import work_items, work_queues
from backoffice.services.work_queues import MOST_LISTED, Day, Line
from backoffice.views.desk.blueprint import desk
from backoffice.views.desk.links import id_of
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

PAGES = {
    "booking": "bookings.details_view",
    "bookings": "bookings.details_view",
    "refund": "refunds.details_view",
    "refunds": "refunds.details_view",
    "message": "messages.details_view",
    "outbox": "jobs.details_view",
    "certificate": "certificates.details_view",
    "corporate_request": "corporate_requests.details_view",
    "certificates_to_issue": "certificates.issue",
    "gateway_event": "gateway_events.details_view",
    "messages": "messages.details_view",
    "mail_wordings": "wordings.of_words",
    "payments": "payments.details_view",
    "register": "registers.page",
    "reconciliations": "reconciliation.details_view",
    "schedules": "schedules.details_view",
    "users": "customers.details_view",
    "review": "reviews.details_view",
    "waiting": "waiting_lists.date_view",
}
# What a status in a queue's lines is a status of.
SUBJECTS = {
    "refunds": "refund",
    "external": "refund",
    "mails": "message",
    "names": "booking",
    "unpaid": "payment_status",
    "holds": "payment_status",
    "choices": "schedule_choice",
    "requests": "corporate_request",
    "registers": "schedule",
    "reviews": "review",
}


@desk.get("/admin/work/<name>")
def queue_page(name: str) -> Any:
    """The lines of a queue, the most urgent first."""
    queue = work_queues.find_queue(name, current_actor())
    if queue is None:
        abort(404)
    lines = work_queues.list_queue(queue, Day.of(datetime.now(UTC), current_tenant()))
    return render_template(
        "desk/queue.html",
        queue=queue,
        lines=lines,
        url_of_line=url_of_line,
        subject=SUBJECTS.get(name),
        is_cut=len(lines) == MOST_LISTED,
        may_resolve=current_actor().may("booking.edit"),
    )


@desk.post("/admin/work/items/<item_id>/done")
def resolve(item_id: str) -> Any:
    """Somebody has looked: the item leaves the queue."""
    wanted = id_of(item_id)
    commit_once(lambda: work_items.resolve(wanted, current_actor()))
    flash("Taken off the list.", "success")
    return redirect(url_for("desk.queue_page", name="attention"), 303)


def url_of_line(line: Line) -> str | None:
    """The record's own page; None where it has none."""
    kind = line.who if line.kind == "item" else line.kind
    endpoint = PAGES.get(kind, "")
    return url_for(endpoint, id=str(line.id)) if endpoint in current_app.view_functions else None
