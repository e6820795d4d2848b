"""Certificates: how many a worker makes against drawing alone, what issuing costs, and whether memory stays flat."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import UUID

import psutil
from sqlalchemy import select

from backoffice import create_app
from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.documents.certificate_pdf import certificate_pdf
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import certificates as job
from backoffice.models import Attendee, Certificate
from backoffice.services.certificates import issuing, look
from backoffice.services.certificates.papers import paper_of
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from bench import fill
from bench.house import House
from bench.table import Figure, at_least, at_most

PEOPLE = 10_000
DATES = 10
FEW = 1000
DRAWN = 400

# On each date a thousand people in bookings of their own, who were there and passed.
MARKED = """
INSERT INTO schedule_days (tenant_id, id, schedule_id, day_number, starts_at, ends_at)
SELECT tenant_id, uuidv7(), id, 1, starts_at, ends_at FROM schedules WHERE status = 'completed';
INSERT INTO bookings (tenant_id, id, reference, schedule_id, customer_id, contact_email, status, payment_method, source,
                      currency)
SELECT s.tenant_id, uuidv7(), 'BEN-' || s.place || '-' || n, s.id,
       (SELECT u.id FROM users u WHERE u.tenant_id = s.tenant_id AND role = 'customer' ORDER BY u.id LIMIT 1),
       'one-' || s.place || '-' || n || '@mail.example', 'completed', 'bank_transfer', 'phone', 'GBP'
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM schedules WHERE status = 'completed') s,
       generate_series(1, {each}) n;
INSERT INTO attendees (tenant_id, id, booking_id, schedule_id, position, first_name, last_name, email, price_minor)
SELECT tenant_id, uuidv7(), id, schedule_id, 1, 'Alexandra', 'Featherstonehaugh-' || reference, contact_email, 0
  FROM bookings WHERE status = 'completed';
INSERT INTO attendances (tenant_id, id, attendee_id, schedule_day_id, status)
SELECT a.tenant_id, uuidv7(), a.id, d.id, 'present' FROM attendees a JOIN schedule_days d ON d.schedule_id = a.schedule_id;
INSERT INTO register_entries (tenant_id, id, attendee_id, outcome, version)
SELECT tenant_id, uuidv7(), id, 'passed', 1 FROM attendees
"""


def measure(house: House) -> list[Figure]:
    filled = fill.provider(house)
    with house.owner() as connection:
        fill.customers(connection, filled, 100)
        fill.dates(connection, filled, DATES, capacity=1000, status="completed", days=(-40, -30))
        connection.execute(MARKED.format(each=PEOPLE // DATES))
        connection.execute("VACUUM ANALYZE")
    found = worked(house, filled.tenant_id)
    made = found["made"]
    return [
        Figure("issuing 10,000 at once", f"{found['issuing']:.1f} s"),
        Figure("drawing alone (the floor)", f"{found['floor']:,.0f} /s"),
        Figure("made, archived and mailed", f"{made[-1]['rate']:,.0f} /s"),
        at_least("of the floor, by processor time of the worker", made[-1]["ratio"], 0.6),
        at_most("resident memory at 10,000 against 1,000", made[-1]["rss"] / made[0]["rss"], 1.05, "x"),
        Figure("resident memory at 10,000", f"{made[-1]['rss']:.0f} MiB"),
    ]


def worked(house: House, tenant_id: UUID) -> dict:
    """A process of its own, as a worker is one: its memory and its processor time are nobody else's."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.certificates", str(tenant_id)],
        cwd=PROJECT,
        env=os.environ | house.environ,
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def work(tenant_id: UUID) -> dict[str, object]:
    app = create_app()
    with app.app_context(), tenant_scope(tenant_id):
        ids = list(db.session.scalars(select(Attendee.id)))
        began = time.perf_counter()
        run_id = commit_once(lambda: issuing.issue(ids, SYSTEM).id)
        issued = time.perf_counter() - began
        floor = drawing_alone()
        return {"issuing": issued, "floor": 1 / floor, "made": list(made_by_turns(run_id, floor))}


def drawing_alone() -> float:
    """Seconds of processor for one paper, drawn in a loop."""
    shown = look.current_look()
    certificates = db.session.scalars(select(Certificate).limit(DRAWN)).all()
    papers = [paper_of(each, shown) for each in certificates]
    certificate_pdf(papers[0])  # fonts are read once
    began = time.process_time()
    for paper in papers:
        certificate_pdf(paper)
    return (time.process_time() - began) / len(papers)


def made_by_turns(run_id: UUID, floor: float) -> Iterator[dict[str, float]]:
    """The rate, the ratio and the memory when a thousand, and when all are made."""
    began, worked_from, made = time.perf_counter(), time.process_time(), 0
    for goal in (FEW, PEOPLE):
        while made < goal:
            made += job.carry_on(run_id, seconds=2)
        processor = (time.process_time() - worked_from) / made
        yield {
            "rate": made / (time.perf_counter() - began),
            "ratio": floor / processor,
            "rss": psutil.Process().memory_info().rss / 2**20,
        }


if __name__ == "__main__":
    print(json.dumps(work(UUID(sys.argv[1]))))
