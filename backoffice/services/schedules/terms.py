"""What a date sells: how many places, at what price. What is sold already keeps its own price."""

from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_block, clean_line
from backoffice.models import Schedule
from backoffice.services import audit, live, waiting_turn
from backoffice.services.schedules import rules
from backoffice.services.schedules.plan import CODE_MAXIMUM, NOTES_MAXIMUM, checked_capacity, checked_price


def change_capacity(
    schedule_id: UUID,
    capacity: int,
    actor: Actor,
    *,
    version: int | None = None,
    override_reason: str | None = None,
) -> Schedule:
    """Offer more or fewer places; not fewer than are taken, not more than the venue has. Raises Invalid."""
    actor.require("schedule.edit")
    schedule = rules.get_for_change(schedule_id, version)
    if capacity == schedule.capacity:
        return schedule
    rules.check_changeable(schedule)
    if checked_capacity(capacity) < schedule.seats_taken:
        raise Invalid(
            "capacity",
            f"{schedule.seats_taken} places are taken: the capacity cannot be lower than that.",
            field="capacity",
        )
    override = rules.Override(override_reason, actor)
    if capacity > schedule.capacity:
        rules.check_room(capacity, schedule.venue)
        rules.check_ratio(capacity, len(rules.instructors_of(schedule)), schedule.course, override)
    old, schedule.capacity = schedule.capacity, capacity
    schedule.override_reason = override.used or schedule.override_reason
    db.session.flush()
    live.touch(schedule.id)
    if capacity > old:
        waiting_turn.places_freed(schedule.id)
    new = {"capacity": capacity} | ({"override_reason": override.used} if override.used else {})
    audit.record(actor, "schedule:change_capacity", schedule, old={"capacity": old}, new=new)
    return schedule


def change_price(
    schedule_id: UUID,
    price_minor: int | None,
    actor: Actor,
    *,
    pricing: str = "priced",
    version: int | None = None,
) -> Schedule:
    """Sell at another price (minor units, with VAT) from now on; what is sold stays. Raises Invalid."""
    actor.require("schedule.edit")
    schedule = rules.get_for_change(schedule_id, version)
    new = checked_price(pricing, price_minor)
    old = {"pricing": schedule.pricing, "price_minor": schedule.price_minor}
    if new == old:
        return schedule
    rules.check_changeable(schedule)
    schedule.pricing, schedule.price_minor = new["pricing"], new["price_minor"]
    db.session.flush()
    audit.record(actor, "schedule:change_price", schedule, old=old, new=new)
    return schedule


def change_notes(
    schedule_id: UUID, code: str | None, notes: str | None, actor: Actor, *, version: int | None = None
) -> Schedule:
    """Change the code that spreadsheets know a date by, and the notes of the office."""
    actor.require("schedule.edit")
    schedule = rules.get_for_change(schedule_id, version)
    new = {
        "code": clean_line(code, field="code", maximum=CODE_MAXIMUM) or None,
        "notes": clean_block(notes, field="notes", maximum=NOTES_MAXIMUM) or None,
    }
    old, changed = audit.differences({"code": schedule.code, "notes": schedule.notes}, new)
    if changed:
        schedule.code, schedule.notes = new["code"], new["notes"]
        db.session.flush()
        audit.record(actor, "schedule:update", schedule, old=old, new=changed)
    return schedule
