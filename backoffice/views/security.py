"""What keeps a browser from doing what no page of ours asks for: headers, and whose form it is."""

import hashlib
import hmac
import json
import secrets
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, Response, abort, current_app, g, request, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

from backoffice.tenancy import current_tenant_id

csrf = CSRFProtect()

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "style-src-attr 'none'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

# They show a mail in a frame that runs nothing; it stands under its page's policy and is laid out by attributes.
SHOWING_MAILS = {
    "messages.details_view",
    "desk.desk_page",
    "reminders.rule_view",
    "wordings.editor",
    "wordings.save",
    "wordings.try_it",
    "bulk_mails.create",
    "bulk_mails.edit",
    "bulk_mails.details_view",
}

# Other sites show it in a frame: the list of dates. It takes no form, and knows nobody.
FRAMED = {"embed.frame"}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
LONGEST_QUERY = 8_000
MOST_FIELDS = 2_000
# A date of a thousand places, with six days side by side.
MORE_FIELDS = {"registers.save": 12_000}
FORM = "application/x-www-form-urlencoded"

# Names a browser for as long as it is kept; it opens nothing.
BROWSER_COOKIE = "backoffice-browser"
A_YEAR = 365 * 24 * 3600


def set_up(app: Flask) -> None:
    """After `requests` and `access`: whether a form is theirs is asked of those who may send it."""
    app.before_request(refuse_oversize)
    app.before_request(refuse_broken_text)
    app.before_request(refuse_foreign_origin)
    csrf.init_app(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(add_headers)


def csp_nonce() -> str:
    """The nonce of this answer: only scripts that carry it run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def add_headers(response: Response) -> Response:
    policy = POLICY.format(nonce=csp_nonce())
    if request.endpoint in SHOWING_MAILS:
        policy = policy.replace("style-src-attr 'none'", "style-src-attr 'unsafe-inline'")
    if request.endpoint in FRAMED:
        policy = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint in FRAMED:
        del response.headers["X-Frame-Options"]
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint not in ("static", "admin.static"):
        response.headers.setdefault("Cache-Control", "no-store")
    if "new_browser" in g:
        response.set_cookie(
            BROWSER_COOKIE,
            g.new_browser,
            max_age=A_YEAR,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response


# --- What is sent ---


def refuse_oversize() -> None:
    """Thousands of fields, or an address longer than any page makes: nobody's form."""
    if len(request.query_string) > LONGEST_QUERY:
        abort(414)
    is_ours = request.method not in SAFE_METHODS and not _speaks_for_itself()
    most = MORE_FIELDS.get(request.endpoint or "", MOST_FIELDS)
    if is_ours and request.mimetype == FORM and request.get_data().count(b"&") >= most:
        abort(413)


def refuse_broken_text() -> None:
    """NUL and broken Unicode, which no database takes and no keyboard types, before any page reads them."""
    raw = [request.query_string]
    if request.mimetype == FORM and not _speaks_for_itself():
        raw.append(request.get_data())
    if not all(map(_is_text, raw)):
        abort(400, "The text holds characters that cannot be stored.")
    if request.is_json and not _speaks_for_itself():
        refuse_broken_json()
    if request.mimetype == "multipart/form-data" and not _speaks_for_itself():
        texts = [text for name, text in request.form.items(multi=True) for text in (name, text)]
        if any("\0" in text for text in texts):
            abort(400, "The text holds characters that cannot be stored.")


def refuse_broken_json() -> None:
    """What is no JSON is the page's to refuse; NaN, NUL, half a character and endless nesting are refused here."""
    try:
        written = json.dumps(request.get_json(silent=True), ensure_ascii=False, allow_nan=False)
        written.encode()
    except (RecursionError, ValueError):
        abort(400, "This JSON holds what cannot be stored.")
    if "\\u0000" in written:
        abort(400, "The text holds characters that cannot be stored.")


def _is_text(raw: bytes) -> bool:
    try:
        return "\0" not in unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return False


# --- Who sends it ---


def _speaks_for_itself() -> bool:
    """Whether the page proves its caller by other means than the cookie: a signature, a token."""
    return csrf._is_exempt()


def refuse_foreign_origin() -> None:
    """A form of another site is refused by what the browser says of it, before its token is looked at."""
    if request.method in SAFE_METHODS or _speaks_for_itself():
        return
    _refuse_foreign()


def _refuse_foreign() -> None:
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and _host_of(origin) != request.host.lower()
    if is_foreign or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403, "This form was sent by another site. Open the page here and send it again.")


def require_own_form() -> None:
    """For a page that takes other proofs too, and is exempt: a session alone must show whose form it is."""
    _refuse_foreign()
    csrf.protect()


def _host_of(origin: str) -> str | None:
    """Host and port of an origin; None for what is no address, which is nobody's."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def keep_form_tokens(user_id: object) -> None:
    """Give a new session the form token that this person had in this browser before.

    A form that was open when the session ended can then be sent after signing in again; nobody else's session
    has this token, not even the same person's in another browser.
    """
    key = str(current_app.secret_key).encode()
    about = f"form token/{current_tenant_id()}/{user_id}/{_browser()}"
    session["csrf_token"] = hmac.new(key, about.encode(), hashlib.sha256).hexdigest()
    g.pop("csrf_token", None)


def form_token() -> str:
    """The token that a form or a script of this session sends."""
    return generate_csrf()


def _browser() -> str:
    known = request.cookies.get(BROWSER_COOKIE, "")
    if 32 <= len(known) <= 64 and known.isascii():
        return known
    if "new_browser" not in g:
        g.new_browser = secrets.token_urlsafe(32)
    return g.new_browser
