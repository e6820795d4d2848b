"""Where the booking pages are gathered, and what their answers have in common."""

from flask import Blueprint, Response

blueprint = Blueprint("booking", __name__)


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    """They show what one visitor typed: nobody stores them, and no search engine lists them."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    return answer
