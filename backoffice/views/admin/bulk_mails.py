"""Write to everybody of a date: the draft, one of its mails, a test, sending, how far it is, and stopping it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from wtforms import RadioField, StringField, TextAreaField

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, NotFound
from backoffice.domain.times import say_span
from backoffice.models import BulkMail, Schedule
from backoffice.models.bulk_mail import AUDIENCES
from backoffice.services import bulk_mails, mail_previews, wordings
from backoffice.services.bulk_mails import TEMPLATE, Draft
from backoffice.services.wordings import KINDS, Typed
from backoffice.views.admin.forms import ScreenForm, VersionField
from backoffice.views.admin.wordings import NEEDED, as_json
from backoffice.views.requests import current_actor
from backoffice.work import commit_once

blueprint = Blueprint("bulk_mails", __name__, url_prefix="/admin/bulk-mails")

MOST_READERS = 50
STATES = {
    "draft": ("Draft", "quiet"),
    "sending": ("Being sent", "wait"),
    "stopped": ("Stopped", "bad"),
    "done": ("Sent", "good"),
}


class BulkForm(ScreenForm):
    version = VersionField()
    audience = RadioField("To", choices=list(AUDIENCES.items()), default="bookers")
    subject = StringField("Subject", NEEDED, render_kw={"maxlength": wordings.SUBJECT_LENGTH})
    body = TextAreaField("Text", NEEDED, render_kw={"maxlength": wordings.BODY_LENGTH, "rows": 14})

    def draft(self) -> Draft:
        return Draft(self.subject.data or "", self.body.data or "", self.audience.data or "")

    def typed(self) -> Typed:
        return Typed(self.subject.data or "", self.body.data or "")


@blueprint.route("/new/<uuid:schedule_id>/", methods=("GET", "POST"))
def create(schedule_id: UUID) -> Any:
    """A new mail to a date; nothing is sent by it."""
    schedule = _schedule(schedule_id)
    if request.method == "GET":
        begun = wordings.starting(TEMPLATE)
        return _form_page(BulkForm(data={"subject": begun.subject, "body": begun.body}), schedule, None)
    form = BulkForm(request.form)
    try:
        bulk = commit_once(lambda: bulk_mails.create(schedule_id, form.draft(), current_actor()))
    except DomainError as error:
        return _refused(form, error, schedule_id, None)
    return redirect(url_for(".details_view", bulk_id=bulk.id), 303)


@blueprint.route("/<uuid:bulk_id>/edit/", methods=("GET", "POST"))
def edit(bulk_id: UUID) -> Any:
    """Change a draft."""
    bulk = _get(bulk_id)
    if request.method == "GET":
        if bulk.status != "draft":
            return redirect(url_for(".details_view", bulk_id=bulk_id))
        return _form_page(BulkForm(obj=bulk), bulk.schedule, bulk)
    form, schedule_id = BulkForm(request.form), bulk.schedule_id
    seen = -1 if form.version.data is None else form.version.data
    try:
        commit_once(lambda: bulk_mails.edit(bulk_id, form.draft(), current_actor(), version=seen))
    except DomainError as error:
        return _refused(form, error, schedule_id, bulk_id)
    return redirect(url_for(".details_view", bulk_id=bulk_id), 303)


@blueprint.post("/new/<uuid:schedule_id>/try")
def try_it(schedule_id: UUID) -> Any:
    """How it would read and how many would get it, for the script of the form. Nothing is kept."""
    schedule, form = _schedule(schedule_id), BulkForm(request.form)
    tried = _tried(form, schedule)
    preview = mail_previews.of_bulk(tried, form.typed())
    return jsonify(as_json(preview) | {"people": _people(bulk_mails.count_people(tried))})


@blueprint.get("/<uuid:bulk_id>/")
def details_view(bulk_id: UUID) -> Any:
    """One mail to a date: as one of its readers gets it, and how far it is."""
    bulk = _get(bulk_id)
    number = request.args.get("reader", 0, int)
    is_draft = bulk.status == "draft"
    now = None if is_draft else bulk_mails.progress_of(bulk)
    return render_template(
        "admin/bulk_mails/details.html",
        bulk=bulk,
        when=_when(bulk.schedule),
        state=STATES[_moving(bulk, now) if now else bulk.status],
        audience=AUDIENCES[bulk.audience],
        preview=mail_previews.of_bulk(bulk, Typed(bulk.subject, bulk.body), number),
        readers=bulk_mails.list_people(bulk, MOST_READERS),
        number=number,
        people=bulk_mails.count_people(bulk) if is_draft else bulk.total,
        say_people=_people,
        progress=now,
        batch=bulk_mails.BATCH,
        may_send=current_actor().may("message.send"),
        others=_others(bulk.schedule_id, bulk),
    )


@blueprint.get("/<uuid:bulk_id>/progress")
def progress(bulk_id: UUID) -> Any:
    """How far it is, for the page that waits."""
    bulk = _get(bulk_id)
    now = bulk_mails.progress_of(bulk)
    return jsonify(status=_moving(bulk, now), done=now.done, total=now.total)


@blueprint.post("/<uuid:bulk_id>/test")
def test(bulk_id: UUID) -> Any:
    """One mail to whoever asks."""
    return _done(
        bulk_id, lambda: f"A test is on its way to {bulk_mails.send_test(bulk_id, current_actor())}."
    )


@blueprint.post("/<uuid:bulk_id>/send")
def send(bulk_id: UUID) -> Any:
    """Begin to send the draft as it was shown."""
    seen = BulkForm(request.form).version.data
    version = -1 if seen is None else seen

    def begin() -> str:
        bulk = bulk_mails.send(bulk_id, current_actor(), version=version)
        return f"It is being sent to {_people(bulk.total)}."

    return _done(bulk_id, begin)


@blueprint.post("/<uuid:bulk_id>/stop")
def stop(bulk_id: UUID) -> Any:
    """Send no more of it."""

    def end() -> str:
        kept_back = bulk_mails.stop(bulk_id, current_actor())
        return f"Stopped: {kept_back} mail{' was' if kept_back == 1 else 's were'} kept back."

    return _done(bulk_id, end)


# --- Pieces ---


def _get(bulk_id: UUID) -> BulkMail:
    try:
        return bulk_mails.get(bulk_id)
    except NotFound:
        abort(404)


def _schedule(schedule_id: UUID) -> Schedule:
    return db.session.get(Schedule, schedule_id) or abort(404)


def _others(schedule_id: UUID, this: BulkMail | None) -> list[tuple[BulkMail, tuple[str, str]]]:
    """The other mails to the date, each with its state in words."""
    found = bulk_mails.list_of_date(schedule_id)
    return [(each, STATES[each.status]) for each in found if this is None or each.id != this.id]


def _when(schedule: Schedule) -> str:
    return say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone)


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _moving(bulk: BulkMail, now: bulk_mails.Progress) -> str:
    """What the waiting page compares: shown anew once nothing moves any more."""
    return "sending" if now.waiting else bulk.status


def _tried(form: BulkForm, schedule: Schedule) -> BulkMail:
    """What is typed, as a mail that is never stored."""
    audience = form.audience.data if form.audience.data in AUDIENCES else "bookers"
    return BulkMail(schedule_id=schedule.id, audience=audience)


def _done(bulk_id: UUID, work: Callable[[], str]) -> Any:
    """Do it, and say how it went on the mail's own page."""
    try:
        flash(commit_once(work), "success")
    except NotFound:
        abort(404)
    except DomainError as error:
        flash(error.message, "error")
    return redirect(url_for(".details_view", bulk_id=bulk_id), 303)


def _refused(form: BulkForm, error: DomainError, schedule_id: UUID, bulk_id: UUID | None) -> Any:
    """Again with what was typed; after a conflict it may be saved over what somebody else wrote."""
    db.session.rollback()
    form.refuse(error)
    bulk = _get(bulk_id) if bulk_id else None
    if bulk and isinstance(error, Changed):
        form.version.data, form.version.raw_data = bulk.version, None
        theirs = bulk
    else:
        theirs = None
    return _form_page(form, _schedule(schedule_id), bulk, theirs=theirs), error.status


def _form_page(
    form: BulkForm, schedule: Schedule, bulk: BulkMail | None, *, theirs: BulkMail | None = None
) -> str:
    tried = _tried(form, schedule)
    return render_template(
        "admin/bulk_mails/form.html",
        form=form,
        schedule=schedule,
        when=_when(schedule),
        bulk=bulk,
        theirs=theirs,
        preview=mail_previews.of_bulk(tried, form.typed()),
        people=_people(bulk_mails.count_people(tried)),
        variables=KINDS[TEMPLATE].variables.values(),
        others=_others(schedule.id, bulk),
    )
