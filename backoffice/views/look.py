"""What every template relies on: names, filters, and the type face from its installed package."""

from flask import Flask, Response, abort, current_app, send_file
from font_source_sans_pro import font_files_otf

from backoffice.domain.money import format_money
from backoffice.domain.paragraphs import blocks_of
from backoffice.views.access import allowed
from backoffice.views.admin.formats import page_currency, page_zone, pill_of
from backoffice.views.public.local_times import say_date, say_instant

A_YEAR = 365 * 24 * 3600
# The names of the style sheet -> the faces of the package.
FACES = {"regular": "SourceSansPro", "semibold": "SourceSansProSemibold", "italic": "SourceSansProIt"}


def set_up(app: Flask) -> None:
    app.jinja_env.globals.update(
        pill_of=pill_of, known_endpoints=lambda: current_app.view_functions, is_allowed=allowed
    )
    app.jinja_env.filters.update(
        money=lambda minor, currency=None: format_money(minor, currency or page_currency()),
        instant=lambda value, zone=None: say_instant(value, zone or page_zone()),
        day=say_date,
        blocks=blocks_of,
    )
    app.add_url_rule("/fonts/<face>.otf", "font", font)


def font(face: str) -> Response:
    """One face of the type, to be kept for a year: a newer package would change its look, not its use."""
    path = font_files_otf.get(FACES.get(face, "")) or abort(404)
    answer = send_file(path, mimetype="font/otf", max_age=A_YEAR)
    answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return answer
