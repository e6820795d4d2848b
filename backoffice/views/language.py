"""In which language a public page speaks: as chosen there, otherwise as the browser asks. The back office speaks English."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, get_locale, gettext

from backoffice.config import PROJECT
from backoffice.views.security import FRAMED

# The code of each language -> its name in that language, as the footer offers it.
LANGUAGES = {"en": "English", "fr": "Français"}
DEFAULT = "en"
# What was chosen, and nothing else: no consent is needed for it.
COOKIE = "language"
A_YEAR = 365 * 24 * 3600
OFFICE = ("/admin", "/api")
# The texts in other languages (docs/languages.md).
TEXTS = PROJECT / "backoffice" / "translations"


def set_up(app: Flask) -> None:
    Babel(app, locale_selector=select, default_translation_directories=str(TEXTS))
    app.after_request(remember)
    app.context_processor(offered)
    # For a sentence that a service made: {{ _(sentence) }} would take a per cent sign in it for a place to fill.
    app.jinja_env.filters["said"] = gettext
    app.jinja_env.globals["in_language"] = address_in


def select() -> str:
    """The language of this page."""
    if request.path.startswith(OFFICE):
        return DEFAULT
    chosen = request.args.get("lang") or request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def remember(answer: Response) -> Response:
    """Keep what was chosen for the pages that follow; not what another site chose for the list in its frame."""
    chosen = request.args.get("lang")
    if chosen in LANGUAGES and request.endpoint not in FRAMED and not request.path.startswith(OFFICE):
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        answer.set_cookie(COOKIE, chosen, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer


def address_in(code: str) -> str:
    """This page in another language, with the filters it has."""
    kept = [(name, text) for name, text in request.args.items(multi=True) if name != "lang"]
    return f"?{urlencode([*kept, ('lang', code)])}"


def offered() -> dict[str, object]:
    """What the frame needs: the language of the page, and the others to choose from."""
    if "language" not in g:
        g.language = str(get_locale() or DEFAULT)
    return {"language": g.language, "languages": LANGUAGES}
