"""Give a booking the start that its date has when its places are taken, at the commit.

A date whose days were changed while a booking was on its way changed the start of every booking but that one: neither saw the
other. The row lock that takes the places settles who comes first, so the start is compared there.
"""

from alembic import op

revision = "202611210469"
down_revision = "202611210468"
branch_labels = None
depends_on = None

# Two dates of one change are taken in the order of their ids, as every other change of two dates does.
TAKE_SEATS = """
CREATE OR REPLACE FUNCTION take_seats() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $body${first}
DECLARE
    given_back integer := 0;
    taken integer := 0;{declare}
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status IN ('pending', 'confirmed', 'completed', 'no_show') THEN
        given_back := OLD.seats;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('pending', 'confirmed', 'completed', 'no_show') THEN
        taken := NEW.seats;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.schedule_id <> NEW.schedule_id THEN
        PERFORM 1 FROM schedules
          WHERE tenant_id = NEW.tenant_id AND id IN (OLD.schedule_id, NEW.schedule_id)
          ORDER BY id FOR NO KEY UPDATE;
        UPDATE schedules SET seats_taken = seats_taken - given_back
         WHERE tenant_id = OLD.tenant_id AND id = OLD.schedule_id AND given_back <> 0;
        UPDATE schedules SET seats_taken = seats_taken + taken
         WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_id AND taken <> 0{returning};
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE schedules SET seats_taken = seats_taken - given_back
         WHERE tenant_id = OLD.tenant_id AND id = OLD.schedule_id AND given_back <> 0;
    ELSIF taken <> given_back THEN
        UPDATE schedules SET seats_taken = seats_taken + taken - given_back
         WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_id{returning};
    END IF;{compare}
    RETURN NULL;
END
{last}$body$
"""
COMPARE = """
    IF start IS NOT NULL AND start <> NEW.starts_at THEN
        UPDATE bookings SET starts_at = start WHERE tenant_id = NEW.tenant_id AND id = NEW.id;
    END IF;"""
NEW = {
    "declare": "\n    start timestamptz;",
    "returning": "\n         RETURNING starts_at INTO start",
    "compare": COMPARE,
}
# The blanks are those of the first version: it comes back to the letter.
OLD = {"declare": "", "returning": "", "compare": ""}


def upgrade() -> None:
    op.execute(TAKE_SEATS.format(first="", last="", **NEW))


def downgrade() -> None:
    op.execute(TAKE_SEATS.format(first=" ", last=" ", **OLD))
