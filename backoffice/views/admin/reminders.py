"""Reminders: which mails go out by themselves and when, what each rule will send next, and what it has sent."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from wtforms import SelectField, validators

from backoffice.database import db
from backoffice.domain.errors import DomainError, NotFound
from backoffice.domain.reminders import MOMENTS, MOST_DAYS, MOST_HOURS
from backoffice.domain.times import say_instant
from backoffice.models import Booking, Course, ReminderRule
from backoffice.services import mail_texts, reminders
from backoffice.services.mail_texts import About, Rendered
from backoffice.services.messages import TEMPLATES
from backoffice.services.reminders import RuleIn
from backoffice.views.admin.fields import IdField, line, offered, whole
from backoffice.views.admin.forms import ScreenForm, VersionField
from backoffice.views.requests import current_actor, current_tenant
from backoffice.work import commit_once

blueprint = Blueprint("reminders", __name__, url_prefix="/admin/reminders")

# How far back "sent" counts.
COUNTED = timedelta(days=90)
_SHEET = re.compile(r"<style>.*?</style>", re.DOTALL)
MAILS = [
    (f"{moment}:{template}", f"{TEMPLATES[template].title} ({about.label.lower()})")
    for moment, about in MOMENTS.items()
    for template in about.templates
    if template in TEMPLATES
]


class RuleForm(ScreenForm):
    version = VersionField()
    name = line("Name", 120, "For this list; customers do not see it.", required=True)
    mail = SelectField("Mail", [validators.InputRequired("Choose a mail.")], choices=MAILS)
    days = whole(
        "Days", 0, MOST_DAYS, "Before or after, at the same time of day as the course.", required=True
    )
    hours = whole("And hours", 0, MOST_HOURS, "Besides the days: 3 for three hours before.", default=0)
    course_id = IdField(
        "Course",
        offered(Course, Course.title),
        blank="Every course",
        description="A course's own rule takes the place of the general ones for the same mail.",
    )

    def wanted(self) -> RuleIn:
        moment, _, template = (self.mail.data or "").partition(":")
        return RuleIn(
            self.name.data or "",
            moment,
            self.days.data or 0,
            self.hours.data or 0,
            template,
            self.course_id.data,
        )


@blueprint.get("/")
def index_view() -> str:
    """Every rule, with what it sent lately."""
    return _index({})


@blueprint.post("/review/")
def review() -> Any:
    """Keep the address that the thanks lead to."""
    typed = request.form.get("review_url", "")
    try:
        commit_once(lambda: reminders.set_review_url(typed, current_actor()))
    except DomainError as error:
        return _index({"review_url": error.message}), error.status
    flash("Saved.", "success")
    return redirect(url_for(".index_view"), 303)


@blueprint.route("/new/", methods=("GET", "POST"))
def create() -> Any:
    """A new rule."""
    form = RuleForm(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        try:
            rule = commit_once(lambda: reminders.add_rule(form.wanted(), current_actor()))
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The rule is made. Below is what it will send.", "success")
            return redirect(url_for(".rule_view", rule_id=rule.id), 303)
    return _form(form, None)


@blueprint.get("/<uuid:rule_id>/")
def rule_view(rule_id: UUID) -> str:
    """One rule: what it will send next, and how that mail reads."""
    rule = _get(rule_id)
    coming = reminders.list_coming(rule, datetime.now(UTC))
    return render_template(
        "admin/reminders/rule.html",
        rule=rule,
        moment=MOMENTS[rule.moment],
        mail_title=TEMPLATES[rule.template].title,
        coming=[(each, say_instant(each.due, each.time_zone)) for each in coming],
        says=say_instant,
        mail=_preview(rule, coming[0].booking_id) if coming else None,
        sent=_sent([rule])[rule.id],
        may_edit=current_actor().may("settings.edit"),
    )


@blueprint.route("/<uuid:rule_id>/edit/", methods=("GET", "POST"))
def edit(rule_id: UUID) -> Any:
    """Change a rule."""
    rule = _get(rule_id)
    given = {"mail": f"{rule.moment}:{rule.template}"}
    form = RuleForm(request.form if request.method == "POST" else None, obj=rule, data=given)
    if request.method == "POST" and form.validate():
        seen = form.version.data
        try:
            commit_once(lambda: reminders.change_rule(rule_id, form.wanted(), current_actor(), version=seen))
        except DomainError as error:
            form.refuse(error)
        else:
            flash("The rule is changed. Below is what it will send.", "success")
            return redirect(url_for(".rule_view", rule_id=rule_id), 303)
    return _form(form, rule)


@blueprint.post("/<uuid:rule_id>/switch/")
def switch(rule_id: UUID) -> Any:
    """On or off, as the button said."""
    is_active = request.form.get("to") == "on"
    rule = commit_once(lambda: reminders.switch(rule_id, is_active, current_actor()))
    flash(f"“{rule.name}” is switched {'on' if is_active else 'off'}.", "success")
    return redirect(url_for(".index_view"), 303)


# --- Pieces ---


def _get(rule_id: UUID) -> ReminderRule:
    try:
        return reminders.get_rule(rule_id)
    except NotFound:
        abort(404)


def _index(problems: dict[str, str]) -> str:
    rules = reminders.list_rules()
    return render_template(
        "admin/reminders/index.html",
        rules=rules,
        titles={name: each.title for name, each in TEMPLATES.items()},
        moments=MOMENTS,
        sent=_sent(rules),
        review_url=request.form.get("review_url", current_tenant().settings.get("review_url", "")),
        problems=problems,
        may_edit=current_actor().may("settings.edit"),
    )


def _sent(rules: Any) -> dict[UUID, str]:
    """Of each rule in words: "12 sent, 1 failed"."""
    counts = reminders.count_sent([rule.id for rule in rules], datetime.now(UTC) - COUNTED)
    order = ("sent", "queued", "bounced", "failed")
    return {
        rule_id: ", ".join(f"{found[status]:,} {status}" for status in order if found.get(status)) or "none"
        for rule_id, found in counts.items()
    }


def _preview(rule: ReminderRule, booking_id: UUID) -> Rendered:
    """As it would reach the booker; a secret link is only hinted at."""
    name = db.session.get_one(Booking, booking_id).contact_name
    about = About(booking_id, recipient_name=name, link=mail_texts.HIDDEN_LINK)
    mail = mail_texts.render(rule.template, about)
    # A sheet of styles is refused by the page's policy; they stand in the elements as well.
    return replace(mail, html=_SHEET.sub("", mail.html))


def _form(form: RuleForm, rule: ReminderRule | None) -> Any:
    page = render_template("admin/reminders/form.html", form=form, rule=rule)
    return page, 422 if form.errors else 200
