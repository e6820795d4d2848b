"""The public check of certificates, as employers, holders and guessers meet it."""

from __future__ import annotations

import re
import statistics
import time
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from backoffice.services import rate_limits
from backoffice.services.certificates import checking, look
from tests import certificate_papers as papers
from tests import certified
from tests.certificate_papers import Issued
from tests.factories import Provider, make_provider
from tests.web_client import Visitor

UNKNOWN = "We have issued no certificate with these details."


@pytest.fixture
def issued(app: Flask, provider: Provider) -> Issued:
    return papers.issue(app, provider)


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def words(visitor: Visitor, path: str) -> str:
    return " ".join(visitor.get(path).get_data(as_text=True).split())


def page_without(answer: str, *parts: str) -> str:
    """The page without what differs in every answer: its tokens and what was asked."""
    page = re.sub(r'value="[^"]*"', "", answer)
    for part in parts:
        page = page.replace(part, "")
    return page


def choose(app: Flask, provider: Provider, **values: str) -> None:
    papers.within(app, provider, lambda: look.update(values, certified.ADMIN))


def test_a_valid_certificate_says_so(issued: Issued, visitor: Visitor) -> None:
    page = words(visitor, f"/verify/{issued.code}")
    assert "This certificate is valid" in page
    for said in ("Doreen O’Neill", "First Aid at Work", "on 3 March 2026", "3 March 2029", issued.number):
        assert said in page


def test_it_is_said_in_the_language_of_whoever_asks(issued: Issued, visitor: Visitor) -> None:
    page = words(visitor, f"/verify/{issued.code}?lang=fr")
    for said in ("Ce certificat est valable", "le 3 mars 2026", "3 mars 2029", "First Aid at Work"):
        assert said in page
    assert "Ce certificat n’existe pas" in words(visitor, "/verify/AAAA-AAAA-AAAA?lang=fr")


def test_nothing_but_the_paper_is_told(issued: Issued, visitor: Visitor) -> None:
    page = words(visitor, f"/verify/{issued.code}")
    for private in ("Carol", "Booker", "x.example", "TST-2026-0"):
        assert private not in page.replace(issued.number, "")


@pytest.mark.parametrize(
    ("status", "said"),
    [("replaced", "This certificate was replaced"), ("revoked", "This certificate was revoked")],
)
def test_an_ended_one_says_so(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor, status: str, said: str
) -> None:
    papers.end(app, provider, issued, status)
    page = words(visitor, f"/verify/{issued.code}")
    assert said in page
    assert "is valid" not in page
    assert "Because of a test" not in page  # the reason is the provider's and the holder's


def test_it_expires_at_the_end_of_its_last_day(app: Flask, provider: Provider, issued: Issued) -> None:
    """By the provider's calendar: London is an hour ahead of UTC in summer."""
    papers.within(app, provider, lambda: None)

    def standing(now: datetime) -> str:
        found = papers.within(app, provider, lambda: checking.check(issued.code, now=now))
        return found.standing if found else ""

    assert standing(datetime(2029, 3, 3, 23, 59, tzinfo=UTC)) == "valid"
    assert standing(datetime(2029, 3, 4, 0, 0, tzinfo=UTC)) == "expired"


def test_a_summer_night_is_the_providers_own(app: Flask, provider: Provider) -> None:
    summer = papers.issue(app, provider, "Ann Summer", expires_on=date(2028, 6, 30))
    last_minute = datetime(2028, 6, 30, 22, 59, tzinfo=UTC)
    found = papers.within(app, provider, lambda: checking.check(summer.code, now=last_minute))
    assert found is not None
    assert found.standing == "valid"
    later = datetime(2028, 6, 30, 23, 0, tzinfo=UTC)
    found = papers.within(app, provider, lambda: checking.check(summer.code, now=later))
    assert found is not None
    assert found.standing == "expired"


def test_a_revoked_one_never_reads_as_expired(app: Flask, provider: Provider) -> None:
    old = papers.issue(app, provider, "Ann Old", expires_on=date(2026, 3, 4))
    papers.end(app, provider, old, "revoked")
    found = papers.within(app, provider, lambda: checking.check(old.code))
    assert found is not None
    assert found.standing == "revoked"


def test_the_provider_may_show_initials_only(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    choose(app, provider, certificate_name="initials")
    page = words(visitor, f"/verify/{issued.code}")
    assert "D. O." in page
    assert "the initials of the name" in page
    assert "Doreen" not in page
    assert "Neill" not in page


# --- P3: what is unknown is all the same ---


def altered(code: str) -> str:
    return ("A" if code[0] != "A" else "B") + code[1:]


def test_unknown_altered_small_and_foreign_codes_are_answered_alike(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    with app.app_context():
        other = make_provider()
    foreign = papers.issue(app, other, "Fay Foreign")
    asked = [
        "A" * 22,
        altered(issued.code),
        issued.code.swapcase(),
        issued.code + "A",
        issued.code[:-1],
        foreign.code,
        str(foreign.id),
        "x",
        "ü" * 22,
        "%25",
        "SPECIMENSPECIMENSPECIM",
        "W" * 3000,
    ]
    answers = [visitor.get(f"/verify/{code}") for code in asked]
    assert {answer.status_code for answer in answers} == {404}
    pages = {page_without(answer.get_data(as_text=True)) for answer in answers}
    assert len(pages) == 1
    assert UNKNOWN in pages.pop()
    headers = {
        tuple(sorted(set(answer.headers.keys()) - {"Set-Cookie", "X-Request-Id"})) for answer in answers
    }
    assert len(headers) <= 2  # the first answer brings the session


def test_the_control_the_same_check_tells_a_right_code_apart(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    """What the test above compares would differ: the right code, and the other one's at its own host."""
    with app.app_context():
        other = make_provider()
    foreign = papers.issue(app, other, "Fay Foreign")
    unknown = visitor.get("/verify/" + "A" * 22)
    right = visitor.get(f"/verify/{issued.code}")
    assert right.status_code == 200
    assert page_without(right.get_data(as_text=True)) != page_without(unknown.get_data(as_text=True))
    assert "Fay Foreign" in words(Visitor(app, other.host), f"/verify/{foreign.code}")


def test_a_malformed_code_asks_the_database_like_an_unknown_one(app: Flask, provider: Provider) -> None:
    """Half the time of an answer without a question would tell them apart; the control has no question."""

    def seconds(code: str) -> float:
        def ask() -> float:
            began = time.perf_counter()
            checking.check(code)
            return time.perf_counter() - began

        return papers.within(app, provider, lambda: statistics.median([ask() for _ in range(30)]))

    assert seconds("x") > 0.3 * seconds("A" * 22)


def test_a_wrong_surname_is_answered_like_an_unknown_number(issued: Issued, visitor: Visitor) -> None:
    asked = [(issued.number, "Smith"), ("TST-C-2026-9999", "O'Neill"), ("x" * 500, "y" * 500), ("-", "-")]
    answers = [visitor.post("/verify/", {"number": number, "surname": name}) for number, name in asked]
    assert {answer.status_code for answer in answers} == {404}
    assert len({page_without(answer.get_data(as_text=True)) for answer in answers}) == 1


@pytest.mark.parametrize("surname", ["O’Neill", "O'NEILL", "oneill", "O Neill", " o’neill "])
def test_number_and_surname_find_it_however_they_are_typed(
    issued: Issued, visitor: Visitor, surname: str
) -> None:
    answer = visitor.post("/verify/", {"number": f" {issued.number.lower()} ", "surname": surname})
    assert answer.status_code == 200
    assert "This certificate is valid" in answer.get_data(as_text=True)


def test_the_other_providers_number_is_nobodys(app: Flask, issued: Issued, provider: Provider) -> None:
    with app.app_context():
        other = make_provider()
    answer = Visitor(app, other.host).post("/verify/", {"number": issued.number, "surname": "O'Neill"})
    assert answer.status_code == 404


def test_a_corrected_name_is_found_by_the_name_on_each_paper(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    """Somebody with one name has it on the paper as the only one."""
    single = papers.issue(app, provider, "Suharto")
    answer = visitor.post("/verify/", {"number": single.number, "surname": "suharto"})
    assert "This certificate is valid" in answer.get_data(as_text=True)


def test_an_empty_form_is_asked_again(visitor: Visitor) -> None:
    answer = visitor.post("/verify/", {"number": " ", "surname": ""})
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count("Fill this in.") == 2


def test_markup_in_a_name_is_text(app: Flask, provider: Provider, visitor: Visitor) -> None:
    hostile = papers.issue(app, provider, "<script>alert(1)</script> <img src=x>")
    page = visitor.get(f"/verify/{hostile.code}").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


# --- The limit ---


def test_the_thirty_first_check_of_a_minute_is_refused(issued: Issued, visitor: Visitor) -> None:
    for number in range(rate_limits.CHECKS_PER_MINUTE):
        assert visitor.get(f"/verify/{number:022}").status_code == 404
    refused = visitor.get(f"/verify/{issued.code}")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "Too many tries" in refused.get_data(as_text=True)
    again = visitor.post("/verify/", {"number": issued.number, "surname": "O'Neill"})
    assert again.status_code == 429


def test_another_address_is_not_held_up(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    for number in range(rate_limits.CHECKS_PER_MINUTE + 1):
        visitor.get(f"/verify/{number:022}")
    elsewhere = Visitor(app, provider.host, address="198.51.100.7")
    assert elsewhere.get(f"/verify/{issued.code}").status_code == 200


def test_without_the_limit_guessing_goes_on(
    issued: Issued, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the limit."""
    monkeypatch.setattr(rate_limits, "CHECKS_PER_MINUTE", 10_000)
    for number in range(40):
        assert visitor.get(f"/verify/{number:022}").status_code == 404
    assert visitor.get(f"/verify/{issued.code}").status_code == 200


# --- Around it ---


def test_no_page_lists_and_no_engine_keeps(visitor: Visitor, issued: Issued) -> None:
    for path in ("/verify/", f"/verify/{issued.code}", "/verify/unknown"):
        headers = visitor.get(path).headers
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Cache-Control"] == "no-store"
    assert issued.number not in words(visitor, "/verify/")


def test_the_page_wears_the_providers_colour_and_logo(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor, logo_png: bytes
) -> None:
    assert visitor.get("/verify/logo.jpg").status_code == 404
    choose(app, provider, certificate_colour="#7A1F3D")
    papers.within(app, provider, lambda: look.set_logo(logo_png, certified.ADMIN))
    sheet = re.search(r"/site/\w+\.css", words(visitor, "/verify/"))
    assert sheet is not None
    assert "--pine: #7a1f3d" in visitor.get(sheet[0]).get_data(as_text=True)
    shown = visitor.get("/verify/logo.jpg")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert "/verify/logo.jpg" in words(visitor, f"/verify/{issued.code}")
