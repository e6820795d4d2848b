"""Pictures of the public site, addressed by what is in them: kept by every browser for a year."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request

from backoffice.services import pictures

blueprint = Blueprint("picture", __name__)

FOR_A_YEAR = "public, max-age=31536000, immutable"


@blueprint.get("/picture/<digest>.webp")
def content(digest: str) -> Any:
    """One size of one picture; another provider's is not found here."""
    found = pictures.find_content(digest)
    if found is None:
        abort(404)
    answer = Response(found, mimetype="image/webp")
    answer.set_etag(digest)
    answer.headers["Cache-Control"] = FOR_A_YEAR
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer.make_conditional(request)
