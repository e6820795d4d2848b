"""The rules themselves: listed, added, changed, switched off. None is deleted: mails that went out name theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from backoffice.database import add_rows, db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound
from backoffice.domain.reminders import MOMENTS, MOST_DAYS, MOST_HOURS, SEEDS
from backoffice.domain.text import clean_line
from backoffice.models import Course, ReminderRule, Tenant
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id

NAME_MAXIMUM = 120
REVIEW_MAXIMUM = 300


@dataclass(frozen=True)
class RuleIn:
    """What a rule says; `days` and `hours` are counted from the moment, `course_id` None means every course."""

    name: str
    moment: str
    days: int
    hours: int
    template: str
    course_id: UUID | None = None


def seed() -> None:
    """Give a new provider, in its scope, the rules that everybody begins with."""
    add_rows(ReminderRule, *({"tenant_id": current_tenant_id()} | asdict(each) for each in SEEDS))


def list_rules() -> Sequence[ReminderRule]:
    """Every rule, as they follow each other in time: before the course, after it, certificates."""
    order = {moment: number for number, moment in enumerate(MOMENTS)}
    rules = db.session.scalars(select(ReminderRule).options(joinedload(ReminderRule.course))).all()
    return sorted(
        rules,
        key=lambda rule: (
            order[rule.moment],
            -rule.days if rule.moment != "after_end" else rule.days,
            -rule.hours,
            rule.name,
        ),
    )


def get_rule(rule_id: UUID) -> ReminderRule:
    """The rule; raises NotFound."""
    rule = db.session.scalar(select(ReminderRule).where(ReminderRule.id == rule_id))
    if rule is None:
        raise NotFound("This rule does not exist.")
    return rule


def add_rule(wanted: RuleIn, actor: Actor) -> ReminderRule:
    """Make a rule; what is due within the next minute goes out then. Raises Forbidden, Invalid, Refused."""
    actor.require("settings.edit")
    rule = ReminderRule(**_cleaned(wanted))
    db.session.add(rule)
    db.session.flush()
    audit.record(actor, "reminder_rule:create", rule, new=_said(rule))
    return rule


def change_rule(rule_id: UUID, wanted: RuleIn, actor: Actor, *, version: int | None = None) -> ReminderRule:
    """Change a rule; who had its mail about a date does not get it again. Raises Invalid, NotFound, Changed."""
    actor.require("settings.edit")
    rule = get_rule(rule_id)
    if version is not None and rule.version != version:
        raise Changed()
    before = _said(rule)
    for name, value in _cleaned(wanted).items():
        setattr(rule, name, value)
    db.session.flush()
    db.session.expire(rule, ["course"])
    old, new = audit.differences(before, _said(rule))
    if new:
        audit.record(actor, "reminder_rule:edit", rule, old=old, new=new)
    return rule


def switch(rule_id: UUID, is_active: bool, actor: Actor) -> ReminderRule:
    """Switch a rule on or off; twice the same is no change. Raises Forbidden, NotFound."""
    actor.require("settings.edit")
    rule = get_rule(rule_id)
    if rule.is_active != is_active:
        rule.is_active = is_active
        db.session.flush()
        verb = "on" if is_active else "off"
        audit.record(actor, f"reminder_rule:{verb}", rule, new={"is_active": is_active})
    return rule


def _cleaned(wanted: RuleIn) -> dict[str, Any]:
    """The values to store. Raises Invalid beside the field."""
    if wanted.moment not in MOMENTS:
        raise Invalid("moment", "Choose what the mail is about.", field="moment")
    if wanted.template not in MOMENTS[wanted.moment].templates:
        raise Invalid("template", "This mail does not fit: choose one of the list.", field="template")
    _check_distance(wanted)
    if wanted.course_id and db.session.scalar(select(Course.id).where(Course.id == wanted.course_id)) is None:
        raise Invalid("course", "Choose a course of the list.", field="course_id")
    name = clean_line(wanted.name, field="name", maximum=NAME_MAXIMUM, required=True)
    return asdict(wanted) | {"name": name}


def _check_distance(wanted: RuleIn) -> None:
    moment = MOMENTS[wanted.moment]
    if not 0 <= wanted.days <= MOST_DAYS:
        raise Invalid("days", f"Enter a number of days from 0 to {MOST_DAYS}.", field="days")
    if not 0 <= wanted.hours <= MOST_HOURS:
        raise Invalid("hours", f"Enter a number of hours from 0 to {MOST_HOURS}.", field="hours")
    if wanted.hours and not moment.has_hours:
        raise Invalid("hours", "A certificate expires on a day: leave the hours at 0.", field="hours")
    if not wanted.days and not wanted.hours and wanted.moment != "after_end":
        raise Invalid("days", "Enter at least 1 day or 1 hour.", field="days")


def _said(rule: ReminderRule) -> dict[str, Any]:
    course = db.session.get(Course, rule.course_id) if rule.course_id else None
    return {
        "name": rule.name,
        "moment": rule.moment,
        "days": rule.days,
        "hours": rule.hours,
        "template": rule.template,
        "course": course.title if course else None,
    }


def set_review_url(address: str, actor: Actor) -> None:
    """Where the mail of thanks asks for a review; "" for nowhere. Raises Forbidden, Invalid."""
    actor.require("settings.edit")
    cleaned = clean_line(address, field="review_url", maximum=REVIEW_MAXIMUM)
    if cleaned and not cleaned.lower().startswith(("https://", "http://")):
        raise Invalid("web_address", "Enter an address that begins with https://", field="review_url")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    old = tenant.settings.get("review_url", "")
    if old == cleaned:
        return
    tenant.settings = tenant.settings | {"review_url": cleaned}
    db.session.flush()
    audit.record(actor, "settings:update", tenant, old={"review_url": old}, new={"review_url": cleaned})
