"""Companies' requests at once: a form sent many times, two clerks who confirm, an answer against a new quote."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.models import Booking, CorporateRequest, Message, Schedule
from backoffice.services.corporate import answering, confirming, deciding, requesting
from backoffice.services.corporate.confirming import ConfirmIn
from backoffice.services.corporate.deciding import QuoteIn
from tests import factories
from tests.races.arena import Arena, outcomes
from tests.services.corporate.world import VISITOR, asked, submitted

ADMIN, OFFICE = factories.actor("admin"), factories.actor("office")
DAY = (datetime.now(UTC) + timedelta(days=40)).date()
ROUNDS = 3


def request_of(arena: Arena, **values: Any) -> UUID:
    return arena.make(lambda: submitted(**values).id)


def plans(arena: Arena, count: int, *, one_venue: bool) -> list[ConfirmIn]:
    """So many ways to confirm, in one room or in a room each."""

    def make() -> list[ConfirmIn]:
        course = factories.make_course()
        factories.make_company(name=f"Acme {course.id}")
        venues = [factories.make_venue() for _ in range(1 if one_venue else count)]
        company = factories.make_company(has_terms=True)
        days = [(DAY, time(9), time(15))]
        return [
            ConfirmIn(course.id, venues[n % len(venues)].id, days, [], 8, 62_000, "account", company.id)
            for n in range(count)
        ]

    return arena.make(make)


def confirming_(request_id: UUID, wanted: ConfirmIn) -> Any:
    return lambda: confirming.confirm(request_id, wanted, ADMIN).id


def count(arena: Arena, model: Any, *where: Any) -> int:
    with arena.inside():
        return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_twelve_presses_of_one_form_at_once_ask_once(arena: Arena) -> None:
    for number in range(ROUNDS):
        before = count(arena, CorporateRequest)
        wanted = asked(once_key=f"web:{number}")
        made = arena.run(*[lambda: requesting.submit(wanted, VISITOR)] * 12)  # noqa: B023 - called at once
        assert not any(isinstance(each, DomainError) for each in made)
        assert len({each.reference for each in made}) == 1
        assert sum(not each.is_repeat for each in made) == 1
        assert count(arena, CorporateRequest) == before + 1
    # The control: without the key each press asks.
    before = count(arena, CorporateRequest)
    arena.run(*[lambda: requesting.submit(asked(), VISITOR)] * 12)
    assert count(arena, CorporateRequest) == before + 12


def test_one_request_confirmed_by_many_at_once_makes_one_date(arena: Arena) -> None:
    for number in range(ROUNDS):
        request_id = request_of(arena, email=f"r{number}@x.example")
        dates, booked = count(arena, Schedule), count(arena, Booking)
        found = outcomes(
            arena.run(*[confirming_(request_id, plan) for plan in plans(arena, 8, one_venue=False)])
        )
        assert found["ok"] == 1 and found["status_move"] == 7, found
        assert (count(arena, Schedule), count(arena, Booking)) == (dates + 1, booked + 1)
    # The control: as many requests make as many dates.
    every = [request_of(arena, email=f"c{number}@x.example") for number in range(4)]
    ways = plans(arena, 4, one_venue=False)
    assert outcomes(arena.run(*map(confirming_, every, ways))) == {"ok": 4}


def test_two_companies_do_not_get_one_room_at_once(arena: Arena) -> None:
    for _ in range(ROUNDS):
        every = [request_of(arena) for _ in range(6)]
        booked = count(arena, Booking)
        found = outcomes(arena.run(*map(confirming_, every, plans(arena, 6, one_venue=True))))
        assert found == {"ok": 1, "venue_busy": 5}
        assert count(arena, Booking) == booked + 1
        assert (
            count(
                arena,
                CorporateRequest,
                CorporateRequest.id.in_(every),
                CorporateRequest.status == "confirmed",
            )
            == 1
        )


def test_an_answer_never_lands_on_a_newer_quote(arena: Arena) -> None:
    for number in range(ROUNDS):
        request_id = request_of(arena, email=f"q{number}@x.example")
        arena.run(lambda: deciding.quote(request_id, QuoteIn(62_000, 8), OFFICE))  # noqa: B023
        arena.run(
            lambda: answering.answer(request_id, "accepted", 1, VISITOR),  # noqa: B023
            lambda: deciding.quote(request_id, QuoteIn(99_000, 8), OFFICE),  # noqa: B023
        )
        with arena.inside():
            request = db.session.get_one(CorporateRequest, request_id)
            assert (request.quoted_price_minor, request.quote_answer) == (99_000, None)


def test_an_answer_sent_many_times_at_once_is_told_once(arena: Arena) -> None:
    request_id = request_of(arena, email="many@x.example")
    arena.run(lambda: deciding.quote(request_id, QuoteIn(62_000, 8), OFFICE))
    told = count(arena, Message, Message.template == "company_quote_answered")
    found = outcomes(arena.run(*[lambda: answering.answer(request_id, "accepted", 1, VISITOR)] * 12))
    assert found == {"ok": 12}
    assert count(arena, Message, Message.template == "company_quote_answered") == told + 1
