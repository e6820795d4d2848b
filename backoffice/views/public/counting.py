"""Which page is which step of a visit: one table, asked after the page has answered.

Without a cookie, and not at all for whoever asks not to be counted, for staff, or for a page that a browser loads in advance.
"""

from __future__ import annotations

from uuid import UUID

from flask import Flask, Response, g, request

from backoffice.services import analytics
from backoffice.services.analytics import About, Look
from backoffice.views.requests import host_name, signed_in

# The method and the page -> the step.
STEPS = {
    ("GET", "catalogue.home"): "catalogue_view",
    ("GET", "catalogue.date_list"): "catalogue_view",
    ("GET", "calendar.month"): "catalogue_view",
    ("GET", "course.page"): "course_view",
    ("GET", "booking.page"): "booking_begun",
    ("POST", "booking.hold"): "booking_held",
    ("POST", "booking.accept"): "terms_accepted",
    ("POST", "pay.start"): "payment_begun",
}
# A page that was shown, or a form that led on.
SHOWN, LED_ON = 200, 303


def set_up(app: Flask) -> None:
    app.after_request(count)


def about(*, course_id: UUID | None = None, booking_id: UUID | None = None) -> None:
    """Said by a page: what its step is about, where the address does not say it."""
    g.counted = About(course_id=course_id, booking_id=booking_id)


def count(answer: Response) -> Response:
    step = STEPS.get((request.method, request.endpoint or ""))
    done = SHOWN if request.method == "GET" else LED_ON
    if step and answer.status_code == done and _counts():
        analytics.note(step, _look(), _about())
    return answer


def _counts() -> bool:
    headers = request.headers
    if headers.get("Sec-GPC") == "1" or headers.get("DNT") == "1":
        return False
    if "prefetch" in headers.get("Sec-Purpose", "") + headers.get("Purpose", ""):
        return False
    known = signed_in()
    return known is None or known.role == "customer"


def _look() -> Look:
    """The rule of the address, not the address: no secret and no search of anybody is kept."""
    rule = request.url_rule.rule if request.url_rule else request.path
    return Look(
        page=rule,
        address=request.remote_addr,
        agent=request.user_agent.string,
        referrer=request.referrer or "",
        host=host_name(),
    )


def _about() -> About:
    said: About = g.get("counted") or About()
    schedule_id = (request.view_args or {}).get("schedule_id")
    return About(said.course_id, schedule_id, said.booking_id)
