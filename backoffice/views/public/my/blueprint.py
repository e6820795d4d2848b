"""The blueprint of the pages under /my/, and what all of them send: nothing of them is kept or listed by anybody."""

from flask import Blueprint, Response
from flask_babel import lazy_gettext as _

# What the browser's session keeps: where signing in leads.
AFTERWARDS = "my_afterwards"

blueprint = Blueprint("my", __name__, url_prefix="/my")


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    """A form sent under "no-referrer" would not say that it is ours: the page tells its address to us alone."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


# The ways between the pages of who is signed in: (endpoint, name).
PAGES = (
    ("my.home", _("My bookings")),
    ("my.payments", _("Payments")),
    ("my.certificates", _("Certificates")),
    ("my.calendar", _("Calendar")),
    ("my.profile", _("My details")),
)


@blueprint.app_template_global("my_pages")
def my_pages() -> list[tuple[str, str]]:
    """The customer's pages, endpoint and name."""
    return [(endpoint, str(name)) for endpoint, name in PAGES]
