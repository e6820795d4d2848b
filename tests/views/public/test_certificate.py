"""The owner's download: one signed link, for one certificate of one provider, until it ends."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer

from backoffice.services.certificates import links
from tests import certificate_papers as papers
from tests.certificate_papers import PAPER, Issued
from tests.factories import Provider, make_provider
from tests.web_client import Visitor


@pytest.fixture
def issued(app: Flask, provider: Provider) -> Issued:
    made = papers.issue(app, provider)
    papers.make_paper(app, provider, made)
    return made


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def path_to(app: Flask, provider: Provider, issued: Issued) -> str:
    return "/certificate/" + papers.within(app, provider, lambda: links.make_token(issued.id))


def test_the_link_opens_the_archived_paper(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    answer = visitor.get(path_to(app, provider, issued))
    assert answer.status_code == 200
    assert answer.data == PAPER
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == f"inline; filename={issued.number}.pdf"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_full_address_is_at_the_providers_own_host(
    app: Flask, provider: Provider, issued: Issued
) -> None:
    url = papers.within(app, provider, lambda: links.download_url(issued.id))
    assert url.startswith(f"http://{provider.host}")
    assert url.endswith(path_to(app, provider, issued))


def test_a_kept_copy_is_asked_for_again(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    path = path_to(app, provider, issued)
    tag = visitor.get(path).headers["ETag"]
    assert visitor.get(path, headers={"If-None-Match": tag}).status_code == 304
    papers.end(app, provider, issued, "revoked")
    assert visitor.get(path, headers={"If-None-Match": tag}).status_code == 410


@pytest.mark.parametrize(
    ("status", "said"), [("replaced", "A corrected one was issued"), ("revoked", "It is not valid any more")]
)
def test_the_link_ends_with_the_certificate(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor, status: str, said: str
) -> None:
    path = path_to(app, provider, issued)
    assert visitor.get(path).status_code == 200
    papers.end(app, provider, issued, status)
    answer = visitor.get(path)
    assert answer.status_code == 410
    assert said in answer.get_data(as_text=True)
    assert PAPER not in answer.data


def test_a_paper_that_is_not_made_yet_is_promised(app: Flask, provider: Provider, visitor: Visitor) -> None:
    answer = visitor.get(path_to(app, provider, papers.issue(app, provider, "Wait Ing")))
    assert answer.status_code == 503
    assert "is being made" in answer.get_data(as_text=True)


def forged(app: Flask, issued: Issued, salt: str, key: str | None = None) -> str:
    key = key or app.extensions["settings"].secret_key
    return str(URLSafeSerializer(key, salt=salt).dumps(issued.id.hex))


def test_what_we_did_not_sign_for_this_opens_nothing(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    token = path_to(app, provider, issued).rpartition("/")[2]
    with app.app_context():
        other = make_provider()
    tries: list[Any] = [
        token[:-1],
        token + "A",
        token.swapcase(),
        token.partition(".")[0],
        issued.id,
        issued.code,
        "x" * 5000,
        "ü.ü",
        ".",
        forged(app, issued, "certificate download"),
        forged(app, issued, f"another purpose/{provider.id}"),
        forged(app, issued, f"certificate download/{other.id}"),
        forged(app, issued, f"certificate download/{provider.id}", "another key"),
    ]
    assert {visitor.get(f"/certificate/{each}").status_code for each in tries} == {404}


def test_the_control_the_right_salt_and_key_open_it(
    app: Flask, provider: Provider, issued: Issued, visitor: Visitor
) -> None:
    right = forged(app, issued, f"certificate download/{provider.id}")
    assert visitor.get(f"/certificate/{right}").status_code == 200


def test_another_providers_host_does_not_open_it(app: Flask, provider: Provider, issued: Issued) -> None:
    with app.app_context():
        other = make_provider()
    assert Visitor(app, other.host).get(path_to(app, provider, issued)).status_code == 404


def test_a_signed_id_of_another_provider_opens_nothing(
    app: Flask, provider: Provider, issued: Issued
) -> None:
    """Even signed for the other host, the row is not that provider's."""
    with app.app_context():
        other = make_provider()
    path = path_to(app, other, issued)
    assert Visitor(app, other.host).get(path).status_code == 404


def test_guessing_is_held_up(app: Flask, provider: Provider, visitor: Visitor) -> None:
    answers = [visitor.get(f"/certificate/{number}").status_code for number in range(52)]
    assert set(answers[:50]) == {404}
    assert answers[-1] == 429
