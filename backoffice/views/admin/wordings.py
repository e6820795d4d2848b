"""Mail texts: every mail of the house, and the provider's own words for it, tried before they are kept."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from wtforms import StringField, TextAreaField, validators

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, NotFound
from backoffice.services import mail_previews, wordings
from backoffice.services.mail_previews import Preview
from backoffice.services.messages import TEMPLATES
from backoffice.services.wordings import KINDS, Typed
from backoffice.views.admin.forms import ScreenForm, VersionField
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("wordings", __name__, url_prefix="/admin/mail-texts")

BULK = "bulk_mail"
# For the page only: the service says what is wrong.
NEEDED = (validators.DataRequired("Fill this in."),)
# What each mail is for, in the order of a booking's life.
GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Booking",
        (
            ("booking_received", "places are held until they are paid"),
            ("booking_confirmed", "a booking is firm"),
            ("booking_changed", "names, places or prices changed"),
            ("booking_cancelled", "a booking was cancelled"),
            ("place_cancelled", "one attendee’s place was cancelled"),
            ("hold_ended", "places were not paid in time"),
        ),
    ),
    (
        "Before and after the course",
        (
            ("joining_instructions", "a week before"),
            ("reminder", "the day before"),
            ("names_missing", "names are still to come"),
            ("date_changed", "time, venue or instructor changed"),
            ("thanks", "after the course"),
        ),
    ),
    (
        "Dates called off",
        (
            ("date_called_off", "the booker chooses what happens"),
            ("date_called_off_reminder", "the booker has not chosen yet"),
            ("choice_received", "what was chosen"),
        ),
    ),
    (
        "Waiting lists",
        (
            ("waiting_joined", "somebody joined"),
            ("waiting_offer", "places are held for who waited"),
            ("waiting_lapsed", "the offer was not answered"),
            ("waiting_ended", "the date was called off"),
        ),
    ),
    (
        "Companies",
        (
            ("company_request_received", "a company asks for a course"),
            ("company_quote", "what it would cost"),
            ("company_request_rejected", "it cannot be done"),
        ),
    ),
    (
        "Money",
        (
            ("payment_link", "asks for a payment"),
            ("payment_received", "a payment arrived"),
            ("refund_made", "money went back"),
        ),
    ),
    (
        "Certificates",
        (
            ("certificate_issued", "brings the certificate"),
            ("certificate_expiring", "it ends soon"),
            ("certificate_digest", "to an employer: whose end soon"),
        ),
    ),
    (
        "Logins",
        (
            ("invitation", "a new login"),
            ("password_reset", "a forgotten password"),
            ("sign_in", "a customer signs in"),
        ),
    ),
)


class WordsForm(ScreenForm):
    version = VersionField()
    subject = StringField("Subject", NEEDED, render_kw={"maxlength": wordings.SUBJECT_LENGTH})
    body = TextAreaField("Text", NEEDED, render_kw={"maxlength": wordings.BODY_LENGTH, "rows": 20})
    reference = StringField(
        "Show it with booking",
        description="A reference; left empty, the latest booking.",
        render_kw={"maxlength": 40},
    )

    def typed(self) -> Typed:
        return Typed(self.subject.data or "", self.body.data or "")


@blueprint.get("/")
def index_view() -> str:
    """Every mail, and which ones are in words of the provider's own."""
    return render_template(
        "admin/wordings/index.html",
        groups=GROUPS,
        titles={name: each.title for name, each in TEMPLATES.items()},
        changed=wordings.changed_templates(),
    )


@blueprint.get("/of/")
def of_words() -> Any:
    """The page of some words known by their id, as the work queue names them."""
    wanted = read_id(request.args.get("id")) or abort(404)
    try:
        return redirect(url_for(".editor", name=wordings.template_of(wanted)))
    except NotFound:
        abort(404)


@blueprint.get("/<name>/")
def editor(name: str) -> Any:
    """One mail: its words, the variables, and how it reads."""
    return _page(_known(name), WordsForm(data=_now(name)))


@blueprint.post("/<name>/")
def save(name: str) -> Any:
    """Have the mail go out in these words from now on."""
    form = WordsForm(request.form)
    try:
        version = -1 if form.version.data is None else form.version.data
        commit_once(lambda: wordings.save(_known(name), form.typed(), current_actor(), version=version))
    except DomainError as error:
        return _refused(name, form, error)
    flash("Saved: the mail goes out in your words from now on.", "success")
    return redirect(url_for(".editor", name=name), 303)


@blueprint.post("/<name>/try")
def try_it(name: str) -> Any:
    """How it would read: for the script as JSON, otherwise as the page with what was typed. Nothing is kept."""
    form = WordsForm(request.form)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(as_json(_preview(_known(name), form)))
    return _page(_known(name), form)


@blueprint.post("/<name>/restore")
def restore(name: str) -> Any:
    """Back to the words of the house."""
    version = WordsForm(request.form).version.data or 0
    try:
        commit_once(lambda: wordings.restore(_known(name), current_actor(), version=version))
    except Changed as error:
        flash(error.message, "error")
    else:
        flash("The mail goes out in the original words again.", "success")
    return redirect(url_for(".editor", name=name), 303)


# --- Pieces ---


def _known(name: str) -> str:
    """The mail, when there is one of this name that may be changed. A bulk mail has words of its own each time."""
    if name not in KINDS or name == BULK:
        abort(404)
    return name


def _now(name: str) -> dict[str, Any]:
    """What the form begins with: the provider's own words, otherwise those of the house."""
    own = wordings.find(name)
    words = own or wordings.starting(name)
    return {"version": own.version if own else 0, "subject": words.subject, "body": words.body}


def _refused(name: str, form: WordsForm, error: DomainError) -> Any:
    """Again with what was typed; after a conflict what stands there now is shown, and may be written over."""
    db.session.rollback()
    form.refuse(error)
    theirs = None
    if isinstance(error, Changed) or error.code == "changed":
        theirs = _now(name)
        form.version.data, form.version.raw_data = theirs["version"], None
    return _page(_known(name), form, theirs=theirs), error.status


def _preview(name: str, form: WordsForm) -> Preview:
    return mail_previews.of_words(name, form.typed(), form.reference.data or "", current_actor())


def as_json(preview: Preview) -> dict[str, Any]:
    """What the script of the editor shows."""
    mail = preview.mail
    return {
        "problems": preview.problems,
        "shown_with": preview.shown_with,
        "mail": {"subject": mail.subject, "html": preview.frame, "text": mail.text} if mail else None,
    }


def _page(name: str, form: WordsForm, *, theirs: dict[str, Any] | None = None) -> str:
    preview = _preview(name, form)
    if request.method == "POST":
        for field, sentence in preview.problems.items():
            if not form[field].errors:
                form[field].errors = [sentence]
    return render_template(
        "admin/wordings/editor.html",
        name=name,
        title=TEMPLATES[name].title,
        form=form,
        preview=preview,
        theirs=theirs,
        house=mail_previews.of_house(name),
        variables=KINDS[name].variables.values(),
        needs=KINDS[name].needs,
        is_changed=wordings.find(name) is not None,
        may_edit=current_actor().may("settings.edit"),
    )
