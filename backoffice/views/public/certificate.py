"""The owner's copy of a certificate, behind a signed link. It ends when the certificate does."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import lazy_gettext
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Certificate, CertificateFile
from backoffice.services import rate_limits
from backoffice.services.certificates import links

blueprint = Blueprint("certificate", __name__)

# (title, what to do) where there is nothing to download; the status is 410, or 503 while it is being made.
SENTENCES = {
    "replaced": (
        lazy_gettext("This certificate was replaced"),
        "A corrected one was issued in its place: the newer mail has the link to it.",
    ),
    "revoked": (
        lazy_gettext("This certificate was revoked"),
        "It is not valid any more, so it cannot be downloaded.",
    ),
    "waiting": (
        lazy_gettext("Your certificate is being made"),
        "This takes a minute or two. Load this page again then.",
    ),
}
RETRY_SECONDS = 60


@blueprint.after_request
def keep_secret(answer: Response) -> Response:
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@blueprint.get("/certificate/<token>")
def download(token: str) -> Any:
    """The PDF, shown in the browser; a browser that keeps it asks each time whether it still holds."""
    certificate = _find(links.read_token(token))
    if certificate.status != "valid":
        return _say(certificate.status), 410
    file = db.session.scalar(select(CertificateFile).where(CertificateFile.certificate_id == certificate.id))
    if file is None:
        answer = make_response(_say("waiting"), 503)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
    answer = Response(file.content, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=f"{certificate.number}.pdf")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(file.sha256)
    return answer.make_conditional(request)


def _find(certificate_id: UUID | None) -> Certificate:
    """The certificate of this link; what is none of ours is 404, and few may be tried."""
    certificate = db.session.get(Certificate, certificate_id) if certificate_id else None
    if certificate is None:
        rate_limits.take(rate_limits.look_limits("guess", request.remote_addr))
        abort(make_response(render_template("public/pay_unknown.html"), 404))
    return certificate


def _say(state: str) -> str:
    title, sentence = SENTENCES[state]
    return render_template(
        "public/certificate_ended.html",
        heading=title,
        sentence=sentence,
    )
