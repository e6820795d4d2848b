"""How certificates look: logo, colour, who signs, what the public check says of a name; and a specimen of it all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from wtforms import ColorField, RadioField, validators

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.domain.times import to_local
from backoffice.models import CourseType
from backoffice.services import cleaning
from backoffice.services.certificates import look, papers
from backoffice.services.certificates.look import Look
from backoffice.services.course_types import list_with_wording
from backoffice.views.admin.fields import line
from backoffice.views.admin.forms import ScreenForm, VersionField
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

blueprint = Blueprint("certificate_look", __name__, url_prefix="/admin/certificate-look")

NAMES = [("full", "In full: Doreen O’Neill"), ("initials", "By initials: D. O.")]


class LookForm(ScreenForm):
    """The fields are named as `look.CLEANERS` names them."""

    version = VersionField()
    certificate_colour = ColorField(
        "Colour",
        [validators.InputRequired("Fill this in.")],
        description="Of the frame and the name. Dark enough to be read on white.",
    )
    certificate_signatory = line("Who signs", 120, "Left empty, your own name stands below the line.")
    certificate_signatory_role = line("In what capacity", 120, "For example: Director.")
    certificate_name = RadioField("Name on the public check page", choices=NAMES)

    def chosen(self) -> dict[str, Any]:
        return {name: self[name].data for name in look.CLEANERS}


@blueprint.get("/")
def index_view() -> str:
    """The form, the logo and the way to a specimen."""
    return _page(_stored())


@blueprint.post("/")
def save() -> Any:
    """Keep what was chosen; certificates that are made already stay as they are."""
    form = LookForm(request.form)
    if form.validate():
        try:
            version = form.version.data
            commit_once(lambda: look.update(form.chosen(), current_actor(), version=version))
        except DomainError as error:
            db.session.rollback()
            form.refuse(error)
            return _page(form), error.status
        return _done("Certificates from now on look like this.")
    return _page(form), 422


@blueprint.post("/logo")
def upload_logo() -> Any:
    """Take the picture, made into one of our own."""
    file = request.files.get("logo")
    content = file.read() if file else b""
    try:
        commit_once(lambda: look.set_logo(content, current_actor()))
    except DomainError as error:
        db.session.rollback()
        return _page(_stored(), logo_error=error.message), error.status
    return _done("The logo is saved.")


@blueprint.post("/logo/remove")
def remove_logo() -> Any:
    """Certificates without a logo show the provider's name large."""
    commit_once(lambda: look.remove_logo(current_actor()))
    return _done("The logo is gone.")


@blueprint.get("/logo.jpg")
def logo() -> Response:
    """The picture as it is stored."""
    found = look.find_logo()
    if found is None:
        abort(404)
    return Response(found.content, mimetype="image/jpeg")


@blueprint.get("/specimen.pdf")
def specimen() -> Response:
    """A specimen in the stored look, with the wording of one course type if that is asked for."""
    return _pdf(look.current_look())


@blueprint.post("/specimen.pdf")
def try_specimen() -> Any:
    """A specimen in the look that the form shows, before it is saved."""
    form = LookForm(request.form)
    if not form.validate():
        return _page(form), 422
    try:
        chosen = cleaning.clean_all(form.chosen(), look.CLEANERS)
    except DomainError as error:
        form.refuse(error)
        return _page(form), error.status
    tried = replace(
        look.current_look(),
        colour=chosen["certificate_colour"],
        signatory=chosen["certificate_signatory"],
        signatory_role=chosen["certificate_signatory_role"],
    )
    return _pdf(tried)


def _pdf(shown: Look) -> Response:
    type_id = read_id(request.args.get("type"))
    kind = db.session.get(CourseType, type_id) if type_id else None
    wording = (kind.certificate_wording or "") if kind else ""
    today = to_local(datetime.now(UTC), current_tenant().time_zone).date()
    specimen_pdf = papers.draw_specimen(shown, wording=wording, today=today)
    answer = Response(specimen_pdf, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename="specimen.pdf")
    return answer


def _stored() -> LookForm:
    return LookForm(data=look.choices() | {"version": current_tenant().version})


def _page(form: LookForm, *, logo_error: str = "") -> str:
    return render_template(
        "admin/certificate_look/index.html",
        form=form,
        logo=look.find_logo(),
        logo_error=logo_error,
        may_edit=current_actor().may("settings.edit"),
        types=list_with_wording(),
    )


def _done(sentence: str) -> Any:
    flash(sentence, "success")
    return redirect(url_for(".index_view"), 303)
