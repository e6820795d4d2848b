"""Flutterwave's simulator by plain requests, as its documentation of v3 writes them."""

import time
from typing import Any

import pytest
import requests

from tests.simulated import Simulators
from tests.simulators.receiver import Receiver

KEY, HASH = "FLWSECK_TEST-simulator-nairobi", "a-shared-secret"
BACK = "http://127.0.0.1:1/done"


class Caller:
    def __init__(self, simulators: Simulators, key: str = KEY) -> None:
        self.base, self.headers = f"{simulators.flutterwave_base}/v3", {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(f"{self.base}/{path}", params=query, headers=self.headers, timeout=10)

    def post(self, path: str, **body: Any) -> requests.Response:
        return requests.post(f"{self.base}/{path}", json=body, headers=self.headers, timeout=10)

    def link(self, reference: str = "PAY-1", **change: Any) -> str:
        wanted = {
            "tx_ref": reference,
            "amount": "1500.50",
            "currency": "KES",
            "redirect_url": BACK,
            "customer": {"email": "ann@example.org", "name": "Ann"},
            "meta": {"payment_id": "p1"},
            "customizations": {"title": "Python for beginners"},
        }
        return str(self.post("payments", **(wanted | change)).json()["data"]["link"])


@pytest.fixture
def caller(simulators: Simulators) -> Caller:
    return Caller(simulators)


@pytest.fixture
def told(simulators: Simulators, receiver: Receiver) -> Receiver:
    simulators.do("flutterwave/webhook", secret_key=KEY, url=receiver.url, secret_hash=HASH)
    return receiver


def test_a_paid_link_is_told_with_the_hash_and_verified_by_both_ways(
    simulators: Simulators, caller: Caller, told: Receiver
) -> None:
    paid = simulators.pay_flutterwave(caller.link())
    told.wait_for(1)
    headers, _ = told.heard[0]
    event = told.events()[0]
    assert {name.lower(): value for name, value in headers.items()}["verif-hash"] == HASH
    assert (event["event"], event["data"]["id"]) == ("charge.completed", paid["transaction"])
    found = caller.get(f"transactions/{paid['transaction']}/verify").json()["data"]
    assert (found["status"], found["amount"], found["currency"]) == ("successful", 1500.5, "KES")
    assert (found["tx_ref"], found["meta"]) == ("PAY-1", {"payment_id": "p1"})
    assert found["amount"] == pytest.approx(found["amount_settled"] + found["app_fee"])
    assert caller.get("transactions/verify_by_reference", tx_ref="PAY-1").json()["data"] == found


def test_before_anybody_tried_there_is_no_transaction(caller: Caller) -> None:
    caller.link()
    reply = caller.get("transactions/verify_by_reference", tx_ref="PAY-1")
    assert (reply.status_code, reply.json()["status"]) == (400, "error")
    assert reply.json()["message"] == "No transaction was found for this id"


def test_a_paid_reference_cannot_be_paid_again(simulators: Simulators, caller: Caller) -> None:
    first, second = caller.link(), caller.link()
    simulators.pay_flutterwave(first)
    assert requests.post(second, data={"act": "pay"}, timeout=10).status_code == 410
    again = caller.post(
        "payments",
        tx_ref="PAY-1",
        amount=1,
        currency="KES",
        redirect_url=BACK,
        customer={"email": "a@b.example"},
    )
    assert (again.status_code, "already exists" in again.json()["message"]) == (400, True)


def test_a_failed_attempt_can_be_followed_by_a_good_one(simulators: Simulators, caller: Caller) -> None:
    link = caller.link()
    simulators.pay_flutterwave(link, status="failed")
    found = caller.get("transactions/verify_by_reference", tx_ref="PAY-1").json()["data"]
    assert found["status"] == "failed"
    simulators.pay_flutterwave(link)
    found = caller.get("transactions/verify_by_reference", tx_ref="PAY-1").json()["data"]
    assert found["status"] == "successful"
    listed = caller.get("transactions", tx_ref="PAY-1").json()["data"]
    assert [row["status"] for row in listed] == ["successful", "failed"]


def test_a_pending_payment_is_decided_later(simulators: Simulators, caller: Caller, told: Receiver) -> None:
    paid = simulators.pay_flutterwave(caller.link(), status="pending")
    simulators.do("flutterwave/finish", transaction=paid["transaction"], status="successful")
    told.wait_for(2)
    assert {event["data"]["status"] for event in told.events()} == {"pending", "successful"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"amount": "lots"}, "amount must be a number"),
        ({"amount": "NaN"}, "greater than zero"),
        ({"amount": 0}, "greater than zero"),
        ({"amount": "1.005"}, "two decimals"),
        ({"currency": "XYZ"}, "not supported"),
        ({"tx_ref": ""}, "tx_ref is required"),
        ({"customer": {}}, "customer.email is required"),
        ({"redirect_url": None}, "redirect_url is required"),
    ],
)
def test_a_wrong_field_is_named(caller: Caller, change: dict[str, Any], sentence: str) -> None:
    wanted = {
        "tx_ref": "PAY-1",
        "amount": 10,
        "currency": "KES",
        "redirect_url": BACK,
        "customer": {"email": "ann@example.org"},
    }
    reply = caller.post("payments", **(wanted | change))
    assert (reply.status_code, sentence in reply.json()["message"]) == (400, True)


def test_keys_are_checked_and_each_is_an_account_of_its_own(simulators: Simulators, caller: Caller) -> None:
    paid = simulators.pay_flutterwave(caller.link())
    other = Caller(simulators, "FLWSECK_TEST-other")
    assert other.get(f"transactions/{paid['transaction']}/verify").status_code == 400
    for key in ("FLWSECK-live", "FLWSECK_TEST-wrong", ""):
        assert Caller(simulators, key).get("transactions").status_code == 401


def test_refunds_in_parts_never_exceed_the_payment(
    simulators: Simulators, caller: Caller, told: Receiver
) -> None:
    id_ = simulators.pay_flutterwave(caller.link())["transaction"]
    first = caller.post(f"transactions/{id_}/refund", amount="500.50", comments="r1").json()["data"]
    assert (first["amount_refunded"], first["status"], first["tx_id"]) == (500.5, "completed", id_)
    too_much = caller.post(f"transactions/{id_}/refund", amount=1_001)
    assert (too_much.status_code, too_much.json()["status"]) == (400, "error")
    simulators.do("flutterwave/refund", transaction=id_)
    assert "already been fully refunded" in caller.post(f"transactions/{id_}/refund").json()["message"]
    listed = caller.get("refunds", id=id_).json()["data"]
    assert [(row["amount_refunded"], row["comment"]) for row in listed] == [(1000, ""), (500.5, "r1")]
    assert caller.get(f"refunds/{first['id']}").json()["data"]["comment"] == "r1"
    (line,) = simulators.ledger("flutterwave", KEY)
    assert (line["amount_minor"], line["refunded_minor"]) == (150_050, 150_050)
    told.wait_for(3)


def test_a_refund_that_failed_counts_for_nothing(simulators: Simulators, caller: Caller) -> None:
    id_ = simulators.pay_flutterwave(caller.link())["transaction"]
    made = caller.post(f"transactions/{id_}/refund", amount=100).json()["data"]
    simulators.do("flutterwave/fail_refund", refund=made["id"])
    assert caller.get(f"refunds/{made['id']}").json()["data"]["status"] == "failed"
    assert simulators.ledger("flutterwave", KEY)[0]["refunded_minor"] == 0


def test_lists_come_in_pages_and_days(simulators: Simulators, caller: Caller) -> None:
    for number in range(12):
        simulators.pay_flutterwave(caller.link(f"PAY-{number}"))
    today = time.strftime("%Y-%m-%d", time.gmtime())
    first = caller.get("transactions", **{"from": today, "to": today}).json()
    about = {"total": 12, "current_page": 1, "total_pages": 2, "page_size": 10}
    assert first["meta"]["page_info"] == about
    assert len(caller.get("transactions", page=2).json()["data"]) == 2
    assert caller.get("transactions", to="2020-01-01").json()["data"] == []


def test_a_message_is_tried_again_three_times(simulators: Simulators, caller: Caller, told: Receiver) -> None:
    told.refusals = 1
    simulators.pay_flutterwave(caller.link())
    told.wait_for(1)
    (row,) = simulators.deliveries()
    assert (row["state"], row["attempts"]) == ("waiting", 1)


def test_the_page_pays_declines_asks_and_leads_back(simulators: Simulators, caller: Caller) -> None:
    link = caller.link()
    page = requests.get(link, timeout=10).text
    for text in ("SIMULATOR – no money moves", "KSh 1,500.50", "Python for beginners"):
        assert text in page

    def press(act: str) -> requests.Response:
        return requests.post(link, data={"act": act}, allow_redirects=False, timeout=10)

    assert press("decline").status_code == 402
    assert press("cancel").headers["Location"] == f"{BACK}?status=cancelled&tx_ref=PAY-1"
    assert "Your bank asks" in press("challenge").text
    assert press("refuse").status_code == 402
    assert (
        press("confirm")
        .headers["Location"]
        .startswith(f"{BACK}?status=successful&tx_ref=PAY-1&transaction_id=")
    )
    assert press("pay").status_code == 410


def test_a_disabled_link_cannot_be_paid(caller: Caller) -> None:
    link = caller.link()
    assert caller.post("payments/link/disable", link=link).ok
    assert "Ask for a new link" in requests.get(link, timeout=10).text
