"""Payment links at the desk: with a booking, for one that is there, for a group; mailed, prompted, seen paid."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.gateway_terms import GatewayRefused, Standing
from backoffice.models import Booking, Message, Payment, PaymentLink, Tenant
from backoffice.services import booking_groups, collecting, payment_links, settling
from backoffice.services.collecting import Wish
from backoffice.work import commit_once
from tests import factories
from tests.services.booked import placed
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway
from tests.views.desk.conftest import JSON, Clerk, order


def set_up(clerk: Clerk, *gateways: str, **tenant: Any) -> None:
    with clerk.at_the_provider():
        for name in gateways:
            factories.make_gateway_account(name)
        for name, value in tenant.items():
            setattr(db.session.get_one(Tenant, clerk.provider.id), name, value)
        db.session.commit()


def booked(clerk: Clerk, **schedule: Any) -> UUID:
    """An unpaid booking of 75.00 of somebody else."""
    with clerk.at_the_provider():
        return placed(factories.make_schedule(**schedule)).id


def links(clerk: Clerk) -> list[PaymentLink]:
    with clerk.at_the_provider():
        return list(db.session.scalars(select(PaymentLink).order_by(PaymentLink.id)))


def post(clerk: Clerk, path: str, **form: str) -> Any:
    return clerk.visitor.post(f"/admin/desk/{path}", form, headers=JSON)


def made(clerk: Clerk, booking_id: UUID, **form: str) -> PaymentLink:
    assert post(clerk, "links/", booking=str(booking_id), **form).status_code == 200
    return links(clerk)[-1]


def test_a_booking_by_link_is_held_and_shows_its_link(clerk: Clerk, schedule_id: str) -> None:
    set_up(clerk, "stripe")
    said: Any = clerk.send("book", order(schedule_id, payment_method="payment_link")).json
    assert said["held_until"]
    assert said["due"] == "£75.00"
    (link,) = links(clerk)
    with clerk.at_the_provider():
        token = payment_links.get(link.id).token
    assert f"/pay/{token}" in said["link"]
    assert "<svg" in said["link"]
    assert "style=" not in said["link"]
    assert "M-Pesa" not in said["link"]
    cash = order(schedule_id, payment_method="cash", attendees=[])
    assert clerk.send("book", cash).json["link"] is None  # type: ignore[index]


def test_a_repeated_key_shows_the_same_link(clerk: Clerk, schedule_id: str) -> None:
    set_up(clerk, "stripe")
    body = order(schedule_id, payment_method="payment_link", idempotency_key="once")
    first, second = (clerk.send("book", body).json["link"] for _ in range(2))  # type: ignore[index]
    assert f"{links(clerk)[0].id}" in first
    assert f"{links(clerk)[0].id}" in second
    assert len(links(clerk)) == 1


def test_without_a_gateway_no_link_is_offered_and_none_is_booked(clerk: Clerk, schedule_id: str) -> None:
    assert 'value="payment_link"' not in clerk.visitor.get("/admin/desk/").get_data(as_text=True)
    answer = clerk.send("book", order(schedule_id, payment_method="payment_link"))
    assert answer.status_code == 409
    assert "No payment gateway" in answer.json["error"]["fields"]["payment_method"]  # type: ignore[index]
    with clerk.at_the_provider():
        assert db.session.scalars(select(Booking)).all() == []
    set_up(clerk, "stripe")
    assert 'value="payment_link"' in clerk.visitor.get("/admin/desk/").get_data(as_text=True)


def test_the_mail_is_previewed_with_the_link_hinted_at(clerk: Clerk, schedule_id: str) -> None:
    set_up(clerk, "stripe")
    answer: Any = clerk.send("preview", order(schedule_id, payment_method="payment_link")).json
    assert "https://…" in answer["text"]
    assert "Pay £75.00" in answer["html"]
    assert links(clerk) == []


def test_an_unpaid_booking_is_charged_by_a_link_from_its_page(clerk: Clerk) -> None:
    set_up(clerk, "stripe")
    booking_id = booked(clerk)
    page = clerk.visitor.get(f"/admin/bookings/details/?id={booking_id}").get_data(as_text=True)
    assert f"/admin/desk/links/?booking={booking_id}" in page
    page = clerk.visitor.get(f"/admin/desk/links/?booking={booking_id}").get_data(as_text=True)
    assert "£75.00 is due" in page
    assert links(clerk) == []
    clerk.visitor.post("/admin/desk/links/", {"booking": str(booking_id)})
    page = clerk.visitor.get(f"/admin/desk/links/?booking={booking_id}").get_data(as_text=True)
    assert "/pay/" in page
    assert "Not paid yet" in page


def test_a_deposit_is_asked_for_by_the_same_link(clerk: Clerk) -> None:
    set_up(clerk, "stripe")
    booking_id = booked(clerk)
    first = made(clerk, booking_id)
    second = made(clerk, booking_id, amount="£25")
    assert (second.id, second.amount_minor) == (first.id, 25_00)
    for amount in ("0", "-1", "75.01", "nan", "4242 4242 4242 4242", "1e3", "x"):
        assert post(clerk, "links/", booking=str(booking_id), amount=amount).status_code == 422


def test_the_link_is_mailed_again_and_its_payment_is_seen(clerk: Clerk) -> None:
    set_up(clerk, "stripe")
    booking_id = booked(clerk)
    link = made(clerk, booking_id)
    assert post(clerk, f"links/{link.id}/mail").json == {"words": "Mail queued to alice@x.example."}
    with clerk.at_the_provider():
        assert db.session.scalars(select(Message.template)).all() == ["payment_link"]
    assert clerk.ask(f"links/{link.id}/state").json["words"] == "Not paid yet"  # type: ignore[index]
    with clerk.at_the_provider():
        now = datetime.now(UTC)
        attempt = commit_once(lambda: collecting.prepare(Wish("stripe", (booking_id,)), SYSTEM, now))
        word = Standing("succeeded", 75_00, "GBP", attempt.payment_id)
        commit_once(lambda: settling.settle(attempt.payment_id, word, SYSTEM, now))
    state: Any = clerk.ask(f"links/{link.id}/state").json
    assert (state["words"], state["is_done"]) == ("Paid", True)
    assert "£75.00 with Stripe" in state["detail"]
    assert [pill["label"] for pill in state["booking"]["pills"]] == ["Confirmed", "Paid"]
    assert (state["booking"]["due"], state["booking"]["held_until"]) == (None, None)
    assert post(clerk, f"links/{link.id}/mail").status_code == 409


def test_a_group_is_paid_by_one_link(clerk: Clerk) -> None:
    set_up(clerk, "stripe")
    ids = [booked(clerk), booked(clerk)]
    with clerk.at_the_provider():
        group_id = commit_once(lambda: booking_groups.make("Spring", ids, factories.actor("admin"))).id
    page = clerk.visitor.get(f"/admin/booking_groups/details/?id={group_id}").get_data(as_text=True)
    assert f"/admin/desk/links/?group={group_id}" in page
    assert post(clerk, "links/", group=str(group_id)).status_code == 200
    page = clerk.visitor.get(f"/admin/desk/links/?group={group_id}").get_data(as_text=True)
    assert "Link to pay £150.00" in page


@pytest.fixture
def kenyan(clerk: Clerk, gateway: StandIn) -> Clerk:
    gateway.name = "mpesa"
    set_up(clerk, "mpesa", currency="KES", country="KE", smallest_unit_minor=100)
    return clerk


def shillings(clerk: Clerk) -> PaymentLink:
    return made(clerk, booked(clerk, currency="KES", price_minor=7_500_00))


def test_a_prompt_is_sent_once_to_the_callers_telephone(kenyan: Clerk) -> None:
    link = shillings(kenyan)
    answers = [post(kenyan, f"links/{link.id}/prompt", phone="0712 345678", once="a") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "0712 345678" in answers[0].json["words"]
    again = post(kenyan, f"links/{link.id}/prompt", phone="0712 345678", once="b")
    assert again.status_code == 409
    with kenyan.at_the_provider():
        (payment,) = db.session.scalars(select(Payment)).all()
        assert (payment.method, payment.status, payment.amount_minor) == ("mpesa", "pending", 7_500_00)
    assert kenyan.ask(f"links/{link.id}/state").json["state"] == "waiting"  # type: ignore[index]


def test_the_clerk_reads_why_no_prompt_was_sent(
    kenyan: Clerk, gateway: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(charge: Any) -> Any:
        raise GatewayRefused("Invalid shortcode")

    monkeypatch.setattr(gateway, "start", refuse)
    link = shillings(kenyan)
    answer = post(kenyan, f"links/{link.id}/prompt", phone="0712 345678", once="a")
    assert answer.status_code == 409
    assert "Invalid shortcode" in answer.json["error"]["message"]
    assert "Invalid shortcode" in kenyan.ask(f"links/{link.id}/state").json["detail"]  # type: ignore[index]


@pytest.mark.parametrize("phone", ["", "07700 900123", "0712", "4242424242424242"])
def test_a_prompt_goes_to_kenyan_numbers_only(kenyan: Clerk, phone: str) -> None:
    link = shillings(kenyan)
    answer = post(kenyan, f"links/{link.id}/prompt", phone=phone)
    assert answer.status_code == 422
    assert "phone" in answer.json["error"]["fields"]


def test_an_ended_link_is_seen_as_that(clerk: Clerk) -> None:
    set_up(clerk, "stripe")
    link = made(clerk, booked(clerk))
    assert post(clerk, f"links/{link.id}/end").status_code == 200
    assert clerk.ask(f"links/{link.id}/state").json["state"] == "ended"  # type: ignore[index]
    assert post(clerk, f"links/{link.id}/mail").status_code == 409


def test_only_who_may_take_money_gets_near_a_link(app: Flask, clerk: Clerk) -> None:
    set_up(clerk, "stripe")
    booking_id = booked(clerk)
    link = made(clerk, booking_id)
    manager = Clerk(app, clerk.provider, "manager")
    assert manager.visitor.get(f"/admin/desk/links/?booking={booking_id}").status_code == 403
    assert manager.ask(f"links/{link.id}/state").status_code == 403
    assert post(manager, "links/", booking=str(booking_id)).status_code == 403
    page = manager.visitor.get(f"/admin/bookings/details/?id={booking_id}").get_data(as_text=True)
    assert "/admin/desk/links/" not in page


@pytest.mark.parametrize("path", ["links/x/state", "links/00000000-0000-0000-0000-000000000000/state"])
def test_a_link_of_nobody_is_not_found(clerk: Clerk, path: str) -> None:
    assert clerk.ask(path).status_code == 404
    assert clerk.visitor.get("/admin/desk/links/").status_code == 404
    assert clerk.visitor.get("/admin/desk/links/?booking=x").status_code == 404
    assert clerk.visitor.get(f"/admin/desk/links/?group={clerk.provider.id}").status_code == 404
