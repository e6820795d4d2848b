"""On the page of a record: the picture that the public site shows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, request
from flask_admin import expose

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.services import pictures
from backoffice.views.access import allowed, current_actor
from backoffice.work import commit_once


class Pictured:
    """A screen whose records have a `picture_id`: a panel on their page, and its two verbs."""

    details_template = "admin/model/pictured.html"
    picture_title = "Picture on the public site"
    picture_hint = "Shown with the course in the catalogue. Wide ones look best."
    picture_blank = "No picture yet: the catalogue shows the course with its words alone."

    # what the screen it is mixed into has
    subject: str
    endpoint: str
    get_or_404: Callable[[], Any]
    record_url: Callable[[Any], str]
    details_view: Callable[[], Any]

    @expose("/picture/", methods=("POST",))
    def picture(self) -> Any:
        """Take the uploaded picture, made into one of our own."""
        file = request.files.get("picture")
        content = file.read() if file else b""
        return self._change(
            lambda row: pictures.give(row, content, self.subject, current_actor()), "The picture is saved."
        )

    @expose("/remove-picture/", methods=("POST",))
    def remove_picture(self) -> Any:
        """Show the record without a picture."""
        return self._change(
            lambda row: pictures.take_off(row, self.subject, current_actor()), "The picture is gone."
        )

    def _change(self, change: Callable[[Any], None], sentence: str) -> Any:
        row_id = self.get_or_404().id
        try:
            commit_once(lambda: change(self.get_or_404()))
        except DomainError as error:
            db.session.rollback()
            g.picture_error = error.message
            return self.details_view(), error.status
        flash(sentence, "success")
        return redirect(self.record_url(row_id), 303)

    def picture_context(self, model: Any) -> dict[str, Any]:
        """What the panel shows; part of the screen's `details_context`."""
        return {
            "picture": pictures.find_shown(model.picture_id),
            "picture_error": g.get("picture_error", ""),
            "may_picture": allowed(f"{self.endpoint}.picture", "POST"),
        }
