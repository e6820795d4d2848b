"""What may be asked again, and what is a plain no; against a server on a real socket."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backoffice.domain.gateway_terms import GatewayDelayed, GatewayRefused
from backoffice.gateways import flutterwave, http, mpesa, stripe
from backoffice.gateways.http import KeysRefused, Line
from backoffice.gateways.protocol import Gateway
from tests.gateways.givens import account_of, charge_of, pointer_of

SECRET = "sk_test_a_secret_key"


class Echo(BaseHTTPRequestHandler):
    """Answers with the status in the path; counts what was asked."""

    asked: list[str]
    body = b'{"message": "what it says", "access_token": "token-1", "expires_in": "3599"}'

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status = int(self.path.split("/")[1]) if self.path[1:4].isdecimal() else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200/stolen")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Echo]]]:
    handler: type[Echo] = type("Handler", (Echo,), {"asked": []})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", handler
    listening.shutdown()
    listening.server_close()


def test_an_answer_has_its_status_and_its_object(server: tuple[str, type[Echo]]) -> None:
    answer = Line("Them", f"{server[0]}/").send("GET", "/200/x", {})
    assert (answer.is_good, answer.body["message"]) == (True, "what it says")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null"])
def test_an_answer_that_is_no_object_is_an_empty_one(server: tuple[str, type[Echo]], body: bytes) -> None:
    server[1].body = body
    assert Line("Them", server[0]).send("GET", "/200/x", {}).body == {}


def test_keys_are_not_carried_to_where_a_redirect_leads(server: tuple[str, type[Echo]]) -> None:
    line = Line("Them", server[0])
    answer = line.send("GET", "/302/x", {"Authorization": f"Bearer {SECRET}"})
    assert server[1].asked == ["/302/x"]
    assert isinstance(line.fault(answer.status, None), GatewayDelayed)


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(GatewayDelayed, match="Them did not answer"):
        Line("Them", "http://127.0.0.1:9").send("GET", "/", {})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, GatewayDelayed),
        (502, GatewayDelayed),
        (503, GatewayDelayed),
        (429, GatewayDelayed),
        (409, GatewayDelayed),
        (408, GatewayDelayed),
        (200, GatewayDelayed),
        (400, GatewayRefused),
        (402, GatewayRefused),
        (404, GatewayRefused),
        (422, GatewayRefused),
        (401, KeysRefused),
        (403, KeysRefused),
    ],
)
def test_a_status_says_whether_asking_again_can_help(status: int, kind: type[Exception]) -> None:
    assert type(Line("Them", "").fault(status, None)) is kind


def test_a_good_status_with_a_reason_is_a_no() -> None:
    assert type(Line("Them", "").fault(200, "The balance is too low.")) is GatewayRefused


def test_a_sentence_is_one_short_line_without_secrets() -> None:
    fault = Line("Them", "", (SECRET,)).fault(400, f"Bad\nkey {SECRET}: " + "x" * 1000)
    assert SECRET not in str(fault)
    assert str(fault).startswith("Them: Bad key …: x")
    assert len(str(fault)) < 320


def test_wrong_keys_are_a_reason_to_wait_where_money_is_at_stake() -> None:
    with pytest.raises(GatewayDelayed, match="not the key"), http.patient_with_keys():
        raise KeysRefused("not the key")
    with pytest.raises(GatewayRefused, match="too much"), http.patient_with_keys():
        raise GatewayRefused("too much")


def test_one_token_serves_every_thread_of_an_account(server: tuple[str, type[Echo]]) -> None:
    base, handler = server
    first, second = (
        mpesa.open_account(account_of("mpesa", base=base, consumer_key=key)) for key in ("key-1", "key-2")
    )
    first.check()  # the first one fetches it
    askers = [threading.Thread(target=first._token) for _ in range(16)]
    for each in askers:
        each.start()
    for each in askers:
        each.join()
    assert len(handler.asked) == 1
    assert first._token() == "token-1"
    second._token()
    assert len(handler.asked) == 2


def test_a_token_about_to_end_is_not_used(server: tuple[str, type[Echo]]) -> None:
    base, handler = server
    handler.body = b'{"access_token": "token-2", "expires_in": "60"}'
    short = mpesa.open_account(account_of("mpesa", base=base, consumer_key="key-3"))
    short._token()
    short._token()
    assert len(handler.asked) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"{}", b'{"ResponseCode": "0"}'])
def test_a_good_status_over_nonsense_decides_nothing(server: tuple[str, type[Echo]], body: bytes) -> None:
    """Somebody's proxy answers for the gateway: the money may have been asked for all the same."""
    base, handler = server
    shillings = charge_of(amount_minor=100_00, currency="KES")
    gateways: tuple[Gateway, ...] = (
        stripe.open_account(account_of("stripe", base=base)),
        mpesa.open_account(account_of("mpesa", base=base, consumer_key="key-4")),
        flutterwave.open_account(account_of("flutterwave", base=base)),
    )
    mpesa.open_account(account_of("mpesa", base=base, consumer_key="key-4")).check()
    handler.body = body
    for gateway in gateways:
        with pytest.raises(GatewayDelayed):
            gateway.start(shillings)
    with pytest.raises(GatewayDelayed):
        gateways[1].ask(pointer_of(shillings, gateway_reference="ws_CO_1"))
