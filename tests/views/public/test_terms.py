"""The public pages of terms and waivers: the one in effect, the old ones, and nothing of a draft."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from backoffice.services import terms
from backoffice.services.terms import Typed
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN
from tests.views.desk.counting import statements
from tests.web_client import Visitor

BODY = "# Cancelling\n\nUp to 14 days before:\n- all of it back\n- or another date\n\nTom & <b>Jerry</b> {{ 7*7 }}"


def publish(app: Flask, provider: Provider, body: str, kind: str = "terms") -> None:
    with app.app_context(), tenant_scope(provider.id):
        commit_once(lambda: terms.save(kind, Typed("Our terms", body), ADMIN, version=0))
        draft = terms.find_draft(kind)
        assert draft is not None
        version = draft.version
        commit_once(lambda: terms.publish(kind, ADMIN, version=version))


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def words(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_the_text_in_effect_is_shown_as_it_reads(app: Flask, provider: Provider, visitor: Visitor) -> None:
    publish(app, provider, BODY)
    page = words(visitor.get("/terms/terms"))
    assert "<h2>Cancelling</h2>" in page
    assert "<ul><li>all of it back</li><li>or another date</li></ul>" in page
    assert "Tom &amp; &lt;b&gt;Jerry&lt;/b&gt; {{ 7*7 }}" in page
    assert "Version 1, in effect since" in page
    assert visitor.get("/terms").location == "/terms/terms"


def test_an_old_version_stays_readable_and_says_that_it_is_old(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    publish(app, provider, "The first words.")
    publish(app, provider, "The second words.")
    assert "The second words." in words(visitor.get("/terms/terms"))
    old = words(visitor.get("/terms/terms/1"))
    assert "The first words." in old and "This is version 1 of" in old
    assert 'href="/terms/terms"' in old and "noindex" in old
    assert "noindex" not in words(visitor.get("/terms/terms/2"))


def test_however_many_versions_there_were_the_page_asks_as_often(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    def asked() -> tuple[int, bool]:
        with statements() as seen:
            assert visitor.get("/terms/terms").status_code == 200
        return len(seen), any("consents" in each for each in seen)

    publish(app, provider, "The first words.")
    asked()  # what is remembered from one page to the next
    once = asked()
    for number in range(3):
        publish(app, provider, f"Words {number}.")
    assert asked() == once
    assert once[1] is False, "who accepted them is the provider's alone to count"


def test_nothing_is_shown_of_a_draft(app: Flask, provider: Provider, visitor: Visitor) -> None:
    with app.app_context(), tenant_scope(provider.id):
        commit_once(lambda: terms.save("terms", Typed("Soon", "Secret plans."), ADMIN, version=0))
    answer = visitor.get("/terms/terms")
    assert answer.status_code == 404 and "Secret plans." not in words(answer)
    assert "Nothing is published here" in words(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/terms/rules",
        "/terms/terms/2",
        "/terms/terms/0",
        "/terms/terms/99999999999999999999",
        "/terms/waiver/1",
        "/terms/terms/1x",
        "/terms/te%00rms",
    ],
)
def test_what_does_not_exist_is_not_found(
    app: Flask, provider: Provider, visitor: Visitor, path: str
) -> None:
    publish(app, provider, "Words.")
    assert visitor.get(path).status_code == 404


def test_another_provider_shows_its_own(app: Flask, provider: Provider) -> None:
    publish(app, provider, "Ours alone.")
    with app.app_context():
        other = factories.make_provider()
    publish(app, other, "Theirs alone.")
    assert "Theirs alone." in words(Visitor(app, other.host).get("/terms/terms"))
    assert "Ours alone." not in words(Visitor(app, other.host).get("/terms/terms/1"))
