"""The public site's settings: words, colour, pictures, whether it is open."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from backoffice.services import site_look
from backoffice.services.site_look import SiteLook
from backoffice.tenancy import tenant_scope
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

PAGE = "/admin/site/"
WORDS = {
    "title": "Learn to save a life",
    "subtitle": "First aid in Yorkshire",
    "colour": "#7a1f3d",
    "biography": "We teach.\nSince 1998.",
    "footer": "Registered in England",
    "facebook": "https://www.facebook.com/react.first",
    "version": "1",
}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def drawn(kind: str = "PNG", size: tuple[int, int] = (1200, 600), **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (15, 90, 110)).save(written, kind, **more)
    return written.getvalue()


def upload(visitor: Visitor, content: bytes, name: str = "hero", file: str = "a.png") -> TestResponse:
    return visitor.post(
        f"{PAGE}picture/{name}", {name: (io.BytesIO(content), file)}, content_type="multipart/form-data"
    )


def stored(app: Flask, provider: Provider) -> SiteLook:
    with app.app_context(), tenant_scope(provider.id):
        return site_look.read()


def test_what_is_written_stands_on_the_site(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert admin.post(PAGE, WORDS).status_code == 303
    look = stored(app, provider)
    assert (look.title, look.subtitle, look.colour) == (WORDS["title"], WORDS["subtitle"], WORDS["colour"])
    assert [link.url for link in look.social_links] == [WORDS["facebook"]]
    page = admin.get(PAGE).get_data(as_text=True)
    assert WORDS["title"] in page
    public = Visitor(app, provider.host).get("/verify/").get_data(as_text=True)
    assert "Registered in England" in public
    assert WORDS["facebook"] in public


def test_a_picture_is_shown_by_its_digest(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert upload(admin, drawn()).status_code == 303
    look = stored(app, provider)
    assert look.hero is not None
    answer = Visitor(app, provider.host).get(look.hero.large_url)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(answer.data)).size == (960, 480)
