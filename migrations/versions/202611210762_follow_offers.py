"""Let an offer follow its booking, whoever changes that; and find the dates whose waiting list is to be looked at."""

from alembic import op
from tables import SAFE_PATH, definer, program_login

revision = "202611210762"
down_revision = "202611210761"
branch_labels = None
depends_on = None

# Of each booking that was an offer: confirmed takes it, also late; cancelled declines it; expired passes it on.
FOLLOW = """
DECLARE
    entry uuid;
    others boolean;
BEGIN
    UPDATE waiting_entry_dates
       SET status = CASE NEW.status
                    WHEN 'confirmed' THEN 'accepted' WHEN 'cancelled' THEN 'declined' ELSE 'lapsed' END,
           updated_at = now()
     WHERE tenant_id = NEW.tenant_id AND booking_id = NEW.id
       AND (status = 'offered' OR status = 'lapsed' AND NEW.status = 'confirmed')
    RETURNING entry_id INTO entry;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.status = 'confirmed' THEN
        UPDATE waiting_entry_dates SET status = 'ended', updated_at = now()
         WHERE tenant_id = NEW.tenant_id AND entry_id = entry AND status = 'waiting';
        UPDATE waiting_entries SET status = 'accepted', ended_at = now(), updated_at = now()
         WHERE tenant_id = NEW.tenant_id AND id = entry AND status IN ('waiting', 'offered', 'ended');
        RETURN NULL;
    END IF;
    SELECT EXISTS (SELECT 1 FROM waiting_entry_dates
                    WHERE tenant_id = NEW.tenant_id AND entry_id = entry AND status = 'waiting') INTO others;
    UPDATE waiting_entries
       SET status = CASE WHEN others THEN 'waiting' ELSE 'ended' END,
           ended_at = CASE WHEN others THEN NULL ELSE now() END, updated_at = now()
     WHERE tenant_id = NEW.tenant_id AND id = entry AND status = 'offered';
    RETURN NULL;
END
"""
# Of each provider the date that begins first.
DUE = """
BEGIN
    RETURN QUERY
    SELECT due.tenant_id, due.id FROM (
        SELECT date.tenant_id, date.id, date.starts_at,
               row_number() OVER (PARTITION BY date.tenant_id ORDER BY date.starts_at) AS turn
          FROM schedules AS date
         WHERE EXISTS (
            SELECT 1 FROM waiting_entry_dates AS wish
              JOIN waiting_entries AS entry ON entry.tenant_id = wish.tenant_id AND entry.id = wish.entry_id
             WHERE wish.tenant_id = date.tenant_id AND wish.schedule_id = date.id AND wish.status = 'waiting'
               AND (date.status <> 'published' AND date.status <> 'draft' OR date.starts_at <= now()
                    OR date.status = 'published' AND date.pricing <> 'on_request'
                       AND date.starts_at > now() + interval '1 hour'
                       AND entry.status = 'waiting' AND entry.places <= date.capacity - date.seats_taken))
    ) AS due
     ORDER BY due.turn, due.starts_at LIMIT at_most;
END
"""


def upgrade() -> None:
    definer("follow_offer", FOLLOW, path=SAFE_PATH)
    op.execute(
        "CREATE TRIGGER follow_offer AFTER UPDATE OF status ON bookings FOR EACH ROW "
        "WHEN (OLD.status IN ('pending', 'expired') AND NEW.status IN ('confirmed', 'cancelled', 'expired') "
        "AND OLD.status <> NEW.status) EXECUTE FUNCTION follow_offer()"
    )
    definer(
        "due_waiting_dates",
        DUE,
        arguments="at_most integer",
        returns="TABLE (tenant_id uuid, id uuid)",
        path=SAFE_PATH,
    )
    op.execute(f"GRANT EXECUTE ON FUNCTION due_waiting_dates TO {program_login()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION due_waiting_dates")
    op.execute("DROP TRIGGER follow_offer ON bookings")
    op.execute("DROP FUNCTION follow_offer")
