"""The screen of terms: a draft written, looked at, published, dropped; the history beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from backoffice.services import terms
from backoffice.tenancy import tenant_scope
from backoffice.views.admin.terms import changes
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

PAGE = "/admin/terms/"
DRAFT = f"{PAGE}terms/draft"
WORDS = {"version": "0", "title": "Our terms", "body": "# Cancelling\n\n14 days before."}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def words(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def version_on(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="version"', page)
    assert found
    return found[1] or found[2]


def published(admin: Visitor, body: str = "# Cancelling\n\n14 days before.") -> None:
    seen = version_on(words(admin.get(DRAFT)))
    admin.post(DRAFT, WORDS | {"version": seen, "body": body})
    page = words(admin.get(f"{PAGE}terms/publish"))
    answer = admin.post(f"{PAGE}terms/publish", {"version": version_on(page)})
    assert answer.location == PAGE


def test_nothing_is_there_at_first(admin: Visitor) -> None:
    page = words(admin.get(PAGE))
    assert "nobody is asked to accept anything" in page
    assert "Write the first version" in page


def test_a_draft_is_kept_and_published_on_a_page_of_its_own(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    assert admin.post(DRAFT, WORDS).location == DRAFT
    assert "Go on with the draft" in words(admin.get(PAGE))
    again = admin.post(DRAFT, WORDS | {"version": "1", "publish": "1"})
    assert again.location == f"{PAGE}terms/publish"
    asked = words(admin.get(again.location))
    assert "Publish version 1" in asked and "cannot be changed or taken back" in asked
    answer = admin.post(f"{PAGE}terms/publish", {"version": version_on(asked)}, follow_redirects=True)
    assert "whoever books from now on accepts version 1" in words(answer)
    with app.app_context(), tenant_scope(provider.id):
        text = terms.find_current("terms")
    assert text is not None and text.title == "Our terms"
    assert "14 days before." in words(admin.get(f"{PAGE}terms/1"))


def test_the_page_before_publishing_says_what_is_different(admin: Visitor) -> None:
    published(admin, "One line.\n\n14 days before.")
    admin.post(DRAFT, WORDS | {"body": "One line.\n\n7 days <b>before</b>."})
    page = words(admin.get(f"{PAGE}terms/publish"))
    assert "<del>14 days before.</del>" in page
    assert "<ins>7 days &lt;b&gt;before&lt;/b&gt;.</ins>" in page
    assert "<del>One line.</del>" not in page


def test_no_line_is_left_out_for_how_it_begins() -> None:
    """In the way differences are written, a line that went and begins with "-- " looks like the name of a file."""
    assert changes("A\n-- old", "A\n++ new") == [("same", "A"), ("gone", "-- old"), ("new", "++ new")]
    assert changes("A", "A") == []


def test_the_text_is_shown_as_it_will_read(admin: Visitor) -> None:
    page = words(admin.post(f"{PAGE}terms/try", WORDS))
    assert "<h3>Cancelling</h3>" in page and "14 days before." in page
    piece = admin.post(f"{PAGE}terms/try", WORDS, headers={"Accept": "application/json"}).json
    assert piece is not None and "<h3>Cancelling</h3>" in piece["html"]
    assert "Go on with the draft" not in words(admin.get(PAGE))


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(admin: Visitor) -> None:
    answer = admin.post(DRAFT, WORDS | {"title": "", "body": "Kept words."})
    assert answer.status_code == 422
    assert "Kept words." in words(answer) and 'id="title-error"' in words(answer)


@pytest.mark.parametrize("body", ["a\0b", "x" * 40_001, "\ud800"])
def test_hostile_text_is_refused(admin: Visitor, body: str) -> None:
    sent = body.encode("utf-8", "surrogatepass")
    assert admin.post(DRAFT, WORDS | {"body": sent}).status_code in (400, 422)


def test_the_second_of_two_writers_sees_what_the_first_one_saved(admin: Visitor) -> None:
    admin.post(DRAFT, WORDS | {"body": "Theirs."})
    answer = admin.post(DRAFT, WORDS | {"body": "Mine."})
    page = words(answer)
    assert answer.status_code == 409
    assert "What somebody else saved meanwhile" in page and "Theirs." in page and "Mine." in page
    assert admin.post(DRAFT, WORDS | {"body": "Mine.", "version": version_on(page)}).status_code == 303


def test_a_draft_is_dropped(admin: Visitor) -> None:
    admin.post(DRAFT, WORDS)
    answer = admin.post(f"{PAGE}terms/discard", {"version": "1"}, follow_redirects=True)
    assert "The draft is dropped" in words(answer)
    assert admin.get(f"{PAGE}terms/publish").location == PAGE


def test_a_second_click_publishes_nothing_more(admin: Visitor) -> None:
    admin.post(DRAFT, WORDS)
    for _ in range(2):
        admin.post(f"{PAGE}terms/publish", {"version": "1"})
    assert admin.get(f"{PAGE}terms/1").status_code == 200
    assert admin.get(f"{PAGE}terms/2").status_code == 404


@pytest.mark.parametrize("kind", ["rules", "draft", "%00"])
def test_there_are_no_other_kinds(admin: Visitor, kind: str) -> None:
    for method, page in (
        ("GET", "draft"),
        ("POST", "draft"),
        ("POST", "try"),
        ("GET", "publish"),
        ("POST", "discard"),
    ):
        sent = {"data": {"csrf_token": admin.kept_token()} | WORDS} if method == "POST" else {}
        assert admin.open(f"{PAGE}{kind}/{page}", method=method, **sent).status_code == 404


@pytest.mark.parametrize(
    ("role", "may_look"), [("office", False), ("instructor", False), ("customer", False), ("manager", True)]
)
def test_only_an_admin_writes(app: Flask, provider: Provider, role: str, may_look: bool) -> None:
    visitor = signed_in(app, provider, role)
    assert visitor.get(PAGE).status_code == (200 if may_look else 403)
    assert visitor.post(DRAFT, WORDS).status_code == 403
    assert visitor.post(f"{PAGE}terms/publish", {"version": "1"}).status_code == 403
