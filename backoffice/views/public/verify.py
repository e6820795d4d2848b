"""The public check of a certificate: by the code on the paper, or by its number and the surname.

Whoever asks learns what the paper says already and whether it holds; of what is unknown, altered or another provider's
the page says the same. Nothing is listed, and few may be asked in a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from backoffice.services import rate_limits
from backoffice.services.certificates import checking, look
from backoffice.services.certificates.checking import Checked
from backoffice.views.public.local_times import DAY_IN_FULL, say_date, say_taught

blueprint = Blueprint("verify", __name__)

# What the page says first: (title, tone of its mark).
STANDINGS = {
    "valid": (lazy_gettext("This certificate is valid"), "good"),
    "expired": (lazy_gettext("This certificate has expired"), "wait"),
    "replaced": (lazy_gettext("This certificate was replaced"), "bad"),
    "revoked": (lazy_gettext("This certificate was revoked"), "bad"),
}
FEW_MINUTES = "public, max-age=300"


@blueprint.after_request
def keep_out(answer: Response) -> Response:
    """No search engine lists who has a certificate."""
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@blueprint.get("/verify/")
def form() -> Any:
    """The form for the number and the surname."""
    return _form()


@blueprint.post("/verify/")
def by_number() -> Any:
    """What holds of this number and surname; a wrong surname is answered like a number that is none."""
    number, surname = request.form.get("number", ""), request.form.get("surname", "")
    problems = {
        name: _("Fill this in.")
        for name, text in (("number", number), ("surname", surname))
        if not text.strip()
    }
    if problems:
        return _form(problems), 422
    return _answer(lambda: checking.check_by_number(number, surname))


@blueprint.get("/verify/<code>")
def by_code(code: str) -> Any:
    """What holds of the certificate with this code."""
    return _answer(lambda: checking.check(code))


@blueprint.get("/verify/logo.jpg")
def logo() -> Response:
    """The provider's logo."""
    found = look.find_logo()
    if found is None:
        abort(404)
    answer = Response(found.content, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = FEW_MINUTES
    return answer


def _answer(ask: Callable[[], Checked | None]) -> Any:
    """The page about what is found; a question counts whether its answer is yes or no."""
    try:
        rate_limits.take(rate_limits.check_limits(request.remote_addr))
    except rate_limits.TooMany as error:
        answer = make_response(_form(said=error.message), error.status)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    found = ask()
    if found is None:
        return _form(is_unknown=True), 404
    title, tone = STANDINGS[found.standing]
    is_short = look.choices()["certificate_name"] == "initials"
    return _render(
        "public/verify.html", found=found, title=title, tone=tone, rows=_rows(found), is_short=is_short
    )


def _rows(found: Checked) -> list[tuple[str, str]]:
    rows = [
        (_("Name"), found.name),
        (_("Course"), found.course),
        (_("Taught"), say_taught(found.taught_from, found.taught_until)),
        (_("Number"), found.number),
        (_("Issued"), _day(found.issued_on)),
        (_("Valid until"), _day(found.expires_on) if found.expires_on else _("Does not expire")),
    ]
    if found.ended_on is None:
        return rows
    return [*rows[:-1], (_("Ended"), _day(found.ended_on))]


def _day(day: date) -> str:
    return say_date(day, DAY_IN_FULL)


def _form(problems: dict[str, str] | None = None, *, is_unknown: bool = False, said: str = "") -> str:
    typed = {name: request.form.get(name, "")[:200] for name in ("number", "surname")}
    return _render(
        "public/verify_form.html", problems=problems or {}, typed=typed, is_unknown=is_unknown, said=said
    )


def _render(template: str, **values: Any) -> str:
    return render_template(
        template,
        has_logo=look.find_logo() is not None,
        **values,
    )
