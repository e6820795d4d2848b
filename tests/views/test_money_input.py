"""Whatever is asked of the reports and of the payment page: a refusal, never an accident (K1)."""

from collections.abc import Iterator
from urllib.parse import quote

from flask import Flask

from backoffice.services import reports
from tests.factories import Provider
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway
from tests.views.public.test_pay import make_payer
from tests.web_client import signed_in

DAYS = [
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "-1",
    "today",
    "２０２６-01-01",
    "2026-W01-1",
]
ODD = [
    "",
    "x" * 300,
    "-1",
    "NaN",
    "9" * 30,
    "' OR 1=1 --",
    "{{7*7}}",
    "../../etc/passwd",
    "%",
    "\u202e",
    "🎂",
    "<b>",
    "²",
]
QUERIES = [
    *(f"from={quote(day)}" for day in DAYS),
    *(f"until={quote(day)}&from=2026-01-01" for day in DAYS),
    "from=2026-05-01&until=2026-04-01",
    "from=0001-01-01&until=9999-12-31",
    "from=9999-12-31&until=9999-12-31",
    "from=0001-01-01&until=0001-01-01",
    "from=2026-01-01&from=2027-01-01&until=2026-01-05&until=",
    "period=last_month&period=x&from=2026-01-01",
    *(
        f"{name}={quote(odd)}"
        for name in ("basis", "period", "currency", "key", "page", "from", "format")
        for odd in ODD
    ),
    *(
        f"key={quote(key)}"
        for key in (
            "2026-13",
            "0000-00",
            "9999-12",
            "2026-01-01",
            "none",
            ":",
            "-",
            "0001-01",
            "10000-01",
            "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
        )
    ),
    "page=100000",
    "page=-5",
    "currency=ZZZ&key=2026-01",
    "currency=%C5%BF%C5%BF%C5%BF",
]
PLACES = (
    "",
    "rows/",
    "file.csv",
    "rows/file.csv",
    "rows/file.xlsx",
    "file.pdf",
    "rows/file.pdf",
    "file.exe",
    "rows/file.",
)


def turns(values: list[str], at_a_time: int) -> Iterator[list[str]]:
    """A few of the values each time: every page with every value would take minutes."""
    start = 0
    while True:
        yield [values[(start + step) % len(values)] for step in range(at_a_time)]
        start += at_a_time


def test_no_question_breaks_a_report(app: Flask, provider: Provider) -> None:
    manager, wrong, turn = signed_in(app, provider, "manager"), [], turns(QUERIES, 1)
    for name in (*reports.REPORTS, "nothing", "%2e%2e", "saved"):
        for place in PLACES:
            for query in next(turn):
                address = f"/admin/reports/{name}/{place}?{query}"
                answer = manager.get(address)
                if answer.status_code not in (200, 404, 422):
                    wrong.append((address, answer.status_code))
                answer.close()
    assert wrong == []


def test_no_form_breaks_the_payment_page(app: Flask, provider: Provider, gateway: StandIn) -> None:
    payer, wrong = make_payer(app, provider), []
    forms: list[dict[str, list[str]]] = [{}, {"gateway": ["stripe", "mpesa"], "key": ["a", "b"]}]
    forms += [{"gateway": [odd], "key": [odd], "phone": [odd], "saves_method": [odd]} for odd in ODD]
    forms += [{"gateway": ["stripe"], "key": [odd]} for odd in ODD]
    for form in forms:
        data = form | {"csrf_token": [payer.visitor.kept_token()]}
        answer = payer.visitor.open(f"{payer.path}/start", method="POST", data=data)
        if answer.status_code not in (303, 409, 422, 429):
            wrong.append((form, answer.status_code))
    assert wrong == []


def test_no_address_breaks_the_payment_page(app: Flask, provider: Provider, gateway: StandIn) -> None:
    payer = make_payer(app, provider)
    places = ("", "/go", "/back", "/state")
    wrong = [
        (place, odd)
        for place in places
        for odd in ODD
        for path in (f"{payer.path}{place}?status={quote(odd)}&session_id={quote(odd)}",)
        if payer.visitor.get(path).status_code not in (200, 303)
    ]
    assert wrong == []
