"""Certificates: the list, the page of one, and what is decided about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.statuses import LABELS
from backoffice.models import Certificate, Course
from backoffice.services import search
from backoffice.services.bookings import finding
from backoffice.services.certificates import ending, links, mailing, reading
from backoffice.views.admin import filters, formats, timeline
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.certificates import pieces
from backoffice.views.admin.certificates.forms import ConfirmForm, ReissueForm, RevokeForm
from backoffice.views.admin.certificates.issuing import IssuePages
from backoffice.views.admin.export import ExportColumn
from backoffice.views.admin.forms import ScreenForm
from backoffice.views.admin.listing import Sort
from backoffice.views.admin.pieces import record_link
from backoffice.views.admin.verbs import VerbPages
from backoffice.views.requests import current_actor, current_tenant

MOST_FOUND = 1000


def _is_valid(row: Certificate) -> bool:
    return row.status == "valid"


class CertificateScreen(IssuePages, VerbPages, AdminView):
    singular = "Certificate"
    plural = "Certificates"
    form_columns = ()
    can_export = True
    details_template = "admin/certificates/details.html"
    empty_hint = "Complete a date and issue its certificates: they are listed here."
    column_list = ("number", "holder", "course_title", "taught_until", "expires_on", "paper", "status")
    column_labels = {
        "course_title": "Course",
        "taught_until": "Taught",
        "expires_on": "Valid until",
        "paper": "Paper",
        "issued_on": "Issued",
        "status_reason": "Reason",
    }
    column_formatters = {"paper": pieces.paper_cell, "status": pieces.standing_cell}
    column_details_list = ()
    list_sorts = {
        "holder": Certificate.holder_last_name,
        "expires_on": Sort(Certificate.expires_on, nullable=True),
    }
    list_filters = (
        filters.choice("status", "Status", Certificate.status, LABELS["certificate"].items()),
        filters.related("course", "Course", Certificate.course_id, pieces.course_options),
        filters.Filter(
            "expiring",
            "Expires",
            pieces.expires_within,
            filters.one_of({"over", *map(str, pieces.EXPIRING_DAYS)}),
            options=[
                *((str(days), f"Within {days} days") for days in pieces.EXPIRING_DAYS),
                ("over", "Has expired"),
            ],
        ),
        filters.yes_no("look", "To look at", pieces.attention()),
    )
    search_hint = "Number, name or course"
    export_columns = (
        ExportColumn("Number", Certificate.number),
        ExportColumn("First name", Certificate.holder_first_name),
        ExportColumn("Last name", Certificate.holder_last_name),
        ExportColumn("Course", Certificate.course_title),
        ExportColumn("Taught from", Certificate.taught_from),
        ExportColumn("Taught until", Certificate.taught_until),
        ExportColumn("Issued", Certificate.issued_on),
        ExportColumn("Valid until", Certificate.expires_on),
        ExportColumn("Status", Certificate.status, lambda word: LABELS["certificate"][word]),
    )
    details_load = (
        joinedload(Certificate.booking),
        joinedload(Certificate.attendee),
        joinedload(Certificate.replaces),
        joinedload(Certificate.run),
    )

    def title_of(self, row: Certificate) -> str:
        return f"{row.number}, {row.holder}"

    def search_ids(self, term: str) -> list[UUID]:
        holders = finding.find_subjects(term, current_tenant(), "certificate", MOST_FOUND)
        by_number = search.possible_certificates(term, current_tenant())
        courses = select(Course.id).where(Course.title.icontains(term, autoescape=True))
        found = select(Certificate.id).where(or_(*by_number, Certificate.course_id.in_(courses)))
        newest = db.session.scalars(found.order_by(Certificate.id.desc()).limit(MOST_FOUND))
        return [*holders.get("certificate", ()), *newest]

    # --- One certificate ---

    def facts_of(self, row: Certificate) -> list[tuple[str, Any]]:
        delivery = reading.deliveries([row.id]).get(row.id)
        about = [
            ("Holder", row.holder),
            ("Course", record_link("courses", row.course_id, row.course_title)),
            ("Taught", _taught(row)),
            ("Instructor", row.instructors or formats.nothing()),
            ("Issued", formats.show_value(row.issued_on)),
            ("Valid until", formats.show_value(row.expires_on) if row.expires_on else "Without end"),
            ("Booking", record_link("bookings", row.booking_id, row.booking)),
            ("Date", record_link("schedules", row.schedule_id, "Open the date")),
        ]
        paper = [
            ("Paper", pieces.paper_cell(self, None, row, "paper")),
            ("Sent to", pieces.delivery_cell(row, delivery)),
            ("Check page", _check_link(row)),
        ]
        if row.last_error:
            paper.insert(1, ("What went wrong", row.last_error))
        return [("The certificate", about), ("Paper and mail", paper)]

    def details_context(self, model: Certificate) -> dict[str, Any]:
        return {
            "pills": [(pieces.standing_of(model), "certificate")],
            "notices": list(_notices(model)),
            "replaces": model.replaces,
            "successor": reading.find_successor(model.id),
            "timeline": timeline.of_row(model),
        }

    @expose("/pdf/")
    def paper(self) -> Any:
        """The paper from the archive, shown in the browser so that it can be printed at once."""
        row = self.get_or_404()
        file = reading.find_file(row.id)
        if file is None:
            flash("The paper of this certificate is not made yet. Try again in a moment.", "warning")
            return redirect(self.record_url(row.id))
        answer = Response(file.content, mimetype="application/pdf")
        answer.headers.set("Content-Disposition", "inline", filename=f"{row.number}.pdf")
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    # --- Verbs ---

    @screen_action(
        "Mail it",
        right="message.send",
        ask="It goes to the attendee's address as the booking has it now, otherwise to who booked.",
        applies=lambda row: _is_valid(row) and row.making == "made",
    )
    def mail(self, row: Certificate, form: ScreenForm) -> str:
        return f"{row.number} is on its way to {mailing.send(row.id, current_actor())}."

    @screen_action(
        "Reissue with another name",
        right="certificate.issue",
        ask="A new certificate with its own number is made and mailed. This one shows as replaced to whoever checks it.",
        form=ReissueForm,
        applies=_is_valid,
    )
    def reissue(self, row: Certificate, form: ReissueForm) -> Any:
        run = ending.reissue(
            row.id,
            form.first_name.data or "",
            form.last_name.data or "",
            form.reason.data or "",
            current_actor(),
        )
        return f"{row.number} is replaced by {reading.list_of_run(run.id)[0].number}, which is being made and mailed."

    def ask_reissue(self, row: Certificate, form: ReissueForm) -> dict[str, Any]:
        """The name of the booking's place, which may have been put right already."""
        names = row.attendee if row.attendee.name else row
        first, last = (
            (names.first_name, names.last_name)
            if names is row.attendee
            else (row.holder_first_name, row.holder_last_name)
        )
        form.offer(first_name=first, last_name=last)
        return {}

    @screen_action(
        "It stands",
        right="certificate.issue",
        ask="The register was corrected after this certificate was issued. It stays valid and leaves the work queue.",
        form=ConfirmForm,
        applies=lambda row: _is_valid(row) and row.needs_review,
    )
    def confirm(self, row: Certificate, form: ConfirmForm) -> str:
        ending.confirm(row.id, form.reason.data or "", current_actor())
        return f"{row.number} stays valid."

    @screen_action(
        "Revoke",
        right="certificate.issue",
        ask="Whoever checks it reads that it was revoked, and the holder's download ends. This cannot be undone.",
        form=RevokeForm,
        danger=True,
        applies=_is_valid,
    )
    def revoke(self, row: Certificate, form: RevokeForm) -> str:
        ending.revoke(row.id, form.reason.data or "", current_actor())
        return f"{row.number} is revoked."


def _taught(row: Certificate) -> Any:
    first, last = formats.show_value(row.taught_from), formats.show_value(row.taught_until)
    return first if row.taught_from == row.taught_until else Markup("{} – {}").format(first, last)


def _check_link(row: Certificate) -> Any:
    return Markup('<a href="{}">{}</a>').format(links.CHECK_PAGE + row.code, row.code)


def _notices(row: Certificate) -> Any:
    if row.status_reason:
        yield (
            ("bad" if row.status == "revoked" else "info"),
            f"{LABELS['certificate'][row.status]}: {row.status_reason}",
        )
    if row.needs_review and row.status == "valid":
        yield (
            "wait",
            "The register was corrected after this certificate was issued. Revoke it, reissue it, or say that it stands.",
        )
    lost = pieces.lost_letters(f"{row.holder_first_name} {row.holder_last_name}")
    if lost and row.status == "valid":
        yield "wait", f"{lost} Reissue it with them."
    if row.making == "failed":
        yield "bad", "The paper could not be made. Open its run to try again."
