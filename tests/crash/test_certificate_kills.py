"""A bulk of 500 certificates while its workers and Valkey are killed: none is lost, none doubled, few mails sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
import requests

from tests.crash.test_kills import PASSWORD, Office, wait_for

pytestmark = pytest.mark.slow

PEOPLE = 500
# A completed date of the first provider, and people in bookings of their own who were there and passed.
SEED = f"""
DO $body$
DECLARE
    me uuid; date_id uuid := uuidv7(); day_id uuid := uuidv7();
BEGIN
    SELECT id INTO me FROM tenants WHERE slug = 'rft';
    INSERT INTO venues (tenant_id, id, slug, name, capacity) VALUES (me, uuidv7(), 'bulk', 'Bulk hall', 1000);
    INSERT INTO schedules (tenant_id, id, code, course_id, venue_id, status, starts_at, ends_at, time_zone, capacity,
                           pricing, currency)
    SELECT me, date_id, 'BULK', c.id, v.id, 'completed', now() - interval '30 hours', now() - interval '24 hours',
           'Europe/London', 1000, 'free', 'GBP'
      FROM (SELECT id FROM courses WHERE tenant_id = me ORDER BY title LIMIT 1) c,
           (SELECT id FROM venues WHERE tenant_id = me AND slug = 'bulk') v;
    INSERT INTO schedule_days (tenant_id, id, schedule_id, day_number, starts_at, ends_at)
    VALUES (me, day_id, date_id, 1, now() - interval '30 hours', now() - interval '24 hours');
    INSERT INTO bookings (tenant_id, id, reference, schedule_id, customer_id, contact_first_name, contact_email, status,
                          payment_method, source, currency)
    SELECT me, uuidv7(), 'RFT-BULK-' || lpad(n::text, 4, '0'), date_id,
           (SELECT id FROM users WHERE tenant_id = me AND role = 'customer' ORDER BY id LIMIT 1), 'Bulk',
           'bulk-' || n || '@people.example', 'completed', 'bank_transfer', 'phone', 'GBP'
      FROM generate_series(1, {PEOPLE}) AS n;
    INSERT INTO attendees (tenant_id, id, booking_id, schedule_id, position, first_name, last_name, email, price_minor)
    SELECT me, uuidv7(), id, date_id, 1, 'Bulk', reference, contact_email, 0 FROM bookings WHERE schedule_id = date_id;
    INSERT INTO attendances (tenant_id, id, attendee_id, schedule_day_id, status)
    SELECT me, uuidv7(), id, day_id, 'present' FROM attendees WHERE schedule_id = date_id;
    INSERT INTO register_entries (tenant_id, id, attendee_id, outcome, version)
    SELECT me, uuidv7(), id, 'passed', 1 FROM attendees WHERE schedule_id = date_id;
END $body$
"""
MADE = "SELECT coalesce(sum(made), 0) FROM certificate_runs"
SENT = "SELECT count(*) FROM messages WHERE template = 'certificate_issued' AND status = 'sent'"
# The claims of the dead run out at once instead of in half a minute.
HURRY = """
UPDATE certificate_runs SET next_attempt_at = now() WHERE finished_at IS NULL;
UPDATE messages SET next_attempt_at = now() WHERE status = 'queued' AND attempts > 0
"""
DOUBLED = "SELECT attendee_id FROM certificates GROUP BY attendee_id HAVING count(*) > 1"
UNMADE = """
SELECT c.id FROM certificates c LEFT JOIN certificate_files f ON f.certificate_id = c.id
 WHERE f.id IS NULL OR c.making <> 'made' OR f.sha256 <> encode(sha256(f.content), 'hex')
"""


@pytest.fixture
def office(server_folder: Path) -> Iterator[Office]:
    running = Office(server_folder / "certifying")
    yield running
    running.end()


class Admin:
    """Somebody at the screens, who ticks everybody and presses the key."""

    def __init__(self, office: Office) -> None:
        self.url, self.session = office.run["url"], requests.Session()
        token = self._token(self.session.get(f"{self.url}/login", timeout=10).text)
        form = {"email": "admin@rft.example", "password": PASSWORD, "csrf_token": token}
        self.session.post(f"{self.url}/login", data=form, timeout=10).raise_for_status()

    def issue(self, schedule_id: str) -> str:
        """The address of the run."""
        page = f"{self.url}/admin/certificates/issue/?id={schedule_id}"
        shown = self.session.get(page, timeout=20).text
        ticked = [part.split('"')[0] for part in shown.split('name="attendee" value="')[1:]]
        assert len(ticked) == PEOPLE
        form = {"csrf_token": self._token(shown), "attendee": ticked}
        answer = self.session.post(page, data=form, timeout=60)
        answer.raise_for_status()
        return answer.url

    @staticmethod
    def _token(page: str) -> str:
        return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def one(office: Office, statement: str) -> int:
    return int(office.query(statement)[0][0])


def arrived(office: Office) -> Counter[str]:
    """How often each certificate's mail came to the mail server, by Message-ID."""
    found: Counter[str] = Counter()
    for file in Path(office.run["mail_dir"]).glob("*.eml"):
        message = message_from_bytes(file.read_bytes())
        if str(message["Subject"]).startswith("Your certificate"):
            assert [part.get_filename() for part in message.walk() if part.get_filename()], file
            found[str(message["Message-ID"])] += 1
    return found


def test_a_bulk_outlives_every_kill(office: Office) -> None:
    office.change(SEED)
    schedule_id = str(office.query("SELECT id FROM schedules WHERE code = 'BULK'")[0][0])
    run_url = Admin(office).issue(schedule_id)
    kills = 0
    steps = (
        (20, ("jobs", "work", "bulk")),
        (120, ("valkey",)),
        (200, ("jobs", "work", "bulk")),
        (320, ("jobs", "work")),
    )
    for number, words in steps:
        assert wait_for(lambda: one(office, MADE) >= number, 90), (one(office, MADE), words)  # noqa: B023
        kills += office.kill(*words)
        office.change(HURRY)
    assert kills >= len(steps)
    finished = f"SELECT count(*) FROM certificate_runs WHERE finished_at IS NOT NULL AND made = {PEOPLE}"
    assert wait_for(lambda: one(office, finished) == 1, 120), office.query("SELECT * FROM certificate_runs")
    assert one(office, "SELECT count(*) FROM certificates") == PEOPLE
    assert office.query(DOUBLED) == [] and office.query(UNMADE) == []
    assert wait_for(lambda: one(office, SENT) == PEOPLE, 180), one(office, SENT)
    mails = arrived(office)
    assert len(mails) == PEOPLE
    assert sum(mails.values()) - PEOPLE <= kills
    assert "/admin/certificates/run/" in run_url
