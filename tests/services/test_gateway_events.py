"""A gateway's message is kept once, tried with growing pauses, and never lost by a worker that dies."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.errors import Forbidden, NotFound
from backoffice.domain.gateway_terms import Received
from backoffice.models import GatewayEvent
from backoffice.services import gateway_events
from tests import factories
from tests.paying import account_of
from tests.services.booked import ADMIN, OFFICE, done, entries

pytestmark = pytest.mark.usefixtures("tenant")


def kept(event_id: str = "evt_1", **payload: object) -> UUID | None:
    received = Received(event_id, "said", payload or {"object": "event"})
    return done(lambda: gateway_events.keep(account_of(), received))


def event() -> GatewayEvent:
    db.session.expire_all()
    return db.session.scalars(select(GatewayEvent)).one()


def due() -> None:
    db.session.execute(update(GatewayEvent).values(next_attempt_at=func.now()))
    db.session.commit()


def test_the_same_event_is_kept_once() -> None:
    assert kept() is not None
    assert kept() is None
    assert kept(changed=True) is None
    assert event().payload == {"object": "event"}


def test_the_same_id_at_another_account_is_another_event() -> None:
    kept()
    other = factories.make_gateway_account("stripe", is_in_use=False)
    assert done(lambda: gateway_events.keep(other, Received("evt_1", "said", {}))) is not None


def test_ids_and_kinds_of_any_length_are_kept() -> None:
    received = Received("e" * 5000, "k" * 5000, {"a": ["é", 1, None]})
    assert done(lambda: gateway_events.keep(account_of(), received)) is not None
    assert (len(event().event_id), len(event().kind)) == (200, 100)


def test_one_worker_at_a_time_has_it() -> None:
    event_id = kept()
    assert event_id is not None
    assert done(lambda: gateway_events.claim(event_id)) == 1
    assert done(lambda: gateway_events.claim(event_id)) is None
    assert event().next_attempt_at <= datetime.now(UTC) + gateway_events.CLAIM
    due()
    assert done(lambda: gateway_events.claim(event_id)) == 2


def test_pauses_grow_until_somebody_has_to_look() -> None:
    event_id = kept()
    assert event_id is not None
    for pause in gateway_events.PAUSES:
        done(lambda: gateway_events.claim(event_id))
        assert not done(lambda: gateway_events.note_failure(event_id, "no answer"))
        away = event().next_attempt_at - datetime.now(UTC)
        assert pause - timedelta(seconds=5) < away <= pause
        due()
    done(lambda: gateway_events.claim(event_id))
    assert done(lambda: gateway_events.note_failure(event_id, "x" * 5000))
    assert event().dead_at is not None
    assert len(event().last_error or "") == 1000
    assert done(lambda: gateway_events.claim(event_id)) is None


def test_what_is_applied_is_never_taken_again() -> None:
    event_id = kept()
    assert event_id is not None
    done(lambda: gateway_events.claim(event_id))
    done(lambda: gateway_events.mark_applied(event_id, "succeeded", None))
    due()
    assert done(lambda: gateway_events.claim(event_id)) is None
    done(lambda: gateway_events.mark_applied(event_id, "something else", None))
    assert event().outcome == "succeeded"


def test_a_replay_is_an_administrators_and_written_down() -> None:
    event_id = kept()
    assert event_id is not None
    with pytest.raises(Forbidden):
        done(lambda: gateway_events.replay(event_id, OFFICE))
    done(lambda: gateway_events.mark_applied(event_id, "succeeded", None))
    done(lambda: gateway_events.replay(event_id, ADMIN))
    assert (event().processed_at, event().outcome, event().attempts) == (None, None, 0)
    (entry,) = entries("gateway_event:replay")
    assert entry.old_values["outcome"] == "succeeded"
    with pytest.raises(NotFound):
        done(lambda: gateway_events.replay(account_of().id, ADMIN))


def test_the_oldest_waiting_event_says_how_late_the_workers_are() -> None:
    assert gateway_events.oldest_waiting() is None
    event_id = kept()
    assert event_id is not None
    assert gateway_events.oldest_waiting() == event().received_at
    done(lambda: gateway_events.mark_applied(event_id, "done", None))
    assert gateway_events.oldest_waiting() is None
