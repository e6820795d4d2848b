"""The public site's settings: words, colour, pictures, addresses, whether it is open."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.database import db
from backoffice.models import AuditEvent
from backoffice.services import site_look, tenants
from backoffice.services.site_look import SiteLook
from backoffice.tenancy import tenant_scope
from tests.factories import Provider, make_provider
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


def audited(app: Flask, provider: Provider) -> list[str]:
    with app.app_context(), tenant_scope(provider.id):
        wanted = select(AuditEvent.action).where(AuditEvent.action.like("site:%")).order_by(AuditEvent.id)
        return list(db.session.scalars(wanted))


# --- Words and colour ---


def test_what_is_written_stands_on_the_site(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert admin.post(PAGE, WORDS).status_code == 303
    look = stored(app, provider)
    assert (look.title, look.subtitle, look.colour) == (WORDS["title"], WORDS["subtitle"], WORDS["colour"])
    assert [link.url for link in look.social_links] == [WORDS["facebook"]]
    assert WORDS["title"] in admin.get(PAGE).get_data(as_text=True)
    public = Visitor(app, provider.host).get("/").get_data(as_text=True)
    for said in (WORDS["title"], WORDS["subtitle"], "Since 1998.", WORDS["footer"], WORDS["facebook"]):
        assert said in public
    assert audited(app, provider) == ["site:update"]


def test_saving_twice_is_saving_once(app: Flask, provider: Provider, admin: Visitor) -> None:
    admin.post(PAGE, WORDS)
    assert admin.post(PAGE, WORDS | {"version": "2"}).status_code == 303
    assert audited(app, provider) == ["site:update"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("colour", "#ffee88", "the nearest that works"),
        ("colour", "teal", "Write the colour"),
        ("colour", "#0b5c6b;}body{", "Write the colour"),
        ("colour", "", "Fill this in."),
        ("title", "x" * 121, "at most 120"),
        ("subtitle", "x" * 301, "at most 300"),
        ("biography", "x" * 5001, "at most 5,000"),
        ("footer", "a\x07b", "character"),
        ("title", "a\u202eb", "character"),
        ("facebook", "http://facebook.com/x", "begins with https://"),
        ("facebook", "javascript:alert(1)", "begins with https://"),
        ("linkedin", "https://evil.example/x", "linkedin.com"),
        ("x", "https://x.com/" + "a" * 300, "at most 300"),
    ],
)
def test_what_cannot_be_is_said_by_its_field(
    app: Flask, provider: Provider, admin: Visitor, name: str, value: str, said: str
) -> None:
    answer = admin.post(PAGE, WORDS | {name: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert f'id="{name}-error"' in page
    assert WORDS["title"] in page or name == "title"  # what was typed is not lost
    assert stored(app, provider).title == stored(app, provider).name  # nothing is half saved


def test_the_second_of_two_is_told(admin: Visitor) -> None:
    assert admin.post(PAGE, WORDS).status_code == 303
    answer = admin.post(PAGE, WORDS | {"title": "Something else"})
    assert answer.status_code == 409
    assert "Something else" in answer.get_data(as_text=True)


def test_the_colour_of_the_certificates_is_the_one_to_begin_with(admin: Visitor) -> None:
    admin.post(
        "/admin/certificate-look/",
        {"certificate_colour": "#7a1f3d", "certificate_name": "full", "version": "1"},
    )
    assert 'value="#7a1f3d"' in admin.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize("role", ["office", "manager", "instructor", "customer"])
def test_nobody_but_an_administrator_changes_it(app: Flask, provider: Provider, role: str) -> None:
    visitor = signed_in(app, provider, role)
    sent = [
        visitor.post(PAGE, WORDS),
        upload(visitor, drawn()),
        *(
            visitor.post(PAGE + path, {"host": provider.host})
            for path in (
                "publish", "unpublish", "picture/hero/remove", "picture/logo/of-certificates",
                "addresses", "addresses/primary", "addresses/remove",
            )
        ),
    ]  # fmt: skip
    assert [answer.status_code for answer in sent] == [403] * len(sent)
    assert audited(app, provider) == []


def test_a_manager_reads_it_and_is_offered_no_change(app: Flask, provider: Provider) -> None:
    page = signed_in(app, provider, "manager").get(PAGE).get_data(as_text=True)
    assert "Preview" in page
    assert "Close the site" not in page
    assert "Save the picture" not in page
    assert "Add the address" not in page


def test_two_providers_set_up_their_own_site(app: Flask, provider: Provider, admin: Visitor) -> None:
    with app.app_context():
        other = make_provider()
    admin.post(PAGE, WORDS)
    upload(admin, drawn())
    theirs = stored(app, other)
    assert (theirs.title, theirs.hero, theirs.social_links) == (theirs.name, None, ())
    assert WORDS["title"] not in signed_in(app, other, "admin").get(PAGE).get_data(as_text=True)


# --- Open or closed ---


def test_the_site_is_closed_and_opened(app: Flask, provider: Provider, admin: Visitor) -> None:
    visitor = Visitor(app, provider.host)
    assert admin.post(PAGE + "unpublish").status_code == 303
    assert visitor.get("/").status_code == 404
    assert "Only you and your staff" in admin.get(PAGE).get_data(as_text=True)
    for _ in range(2):  # a double click
        assert admin.post(PAGE + "publish").status_code == 303
    assert visitor.get("/").status_code == 200
    assert audited(app, provider) == ["site:unpublish", "site:publish"]


# --- Pictures ---


@pytest.mark.parametrize("name", ["hero", "logo"])
def test_a_picture_is_taken_shown_and_removed(
    app: Flask, provider: Provider, admin: Visitor, name: str
) -> None:
    assert upload(admin, drawn(), name, "../../x.php").status_code == 303
    shown = getattr(stored(app, provider), name)
    public = Visitor(app, provider.host).get("/").get_data(as_text=True)
    assert shown.small_url in public
    assert admin.post(f"{PAGE}picture/{name}/remove").status_code == 303
    assert getattr(stored(app, provider), name) is None
    assert admin.post(f"{PAGE}picture/{name}/remove").status_code == 404
    assert audited(app, provider) == ["site:picture", "site:picture_removed"]


def test_the_logo_of_the_certificates_is_used_on_the_site(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    path = PAGE + "picture/logo/of-certificates"
    assert admin.post(path).status_code == 404
    assert "logo of your certificates" not in admin.get(PAGE).get_data(as_text=True)
    admin.post(
        "/admin/certificate-look/logo",
        {"logo": (io.BytesIO(drawn()), "a.png")},
        content_type="multipart/form-data",
    )
    assert "Use the logo of your certificates" in admin.get(PAGE).get_data(as_text=True)
    assert admin.post(path).status_code == 303
    logo = stored(app, provider).logo
    assert logo is not None
    assert logo.small_url in Visitor(app, provider.host).get("/verify/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a picture."),
        (b"<?php system('id'); ?>", "Choose a JPEG, PNG, WebP or GIF file."),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "Choose a JPEG"),
        (drawn()[:90], "cannot be read as a picture"),
        (b"\0" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_picture_is_refused_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor, content: bytes, said: str
) -> None:
    answer = upload(admin, content)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, said in page) == (422, True)
    assert 'id="hero-error"' in page
    assert stored(app, provider).hero is None


def test_an_upload_beyond_all_measure_is_refused_before_it_is_read(admin: Visitor) -> None:
    assert upload(admin, b"\0" * (17 * 1024 * 1024)).status_code == 413


def test_there_are_two_pictures_and_no_others(admin: Visitor) -> None:
    for name in ("favicon", "x", "title"):
        assert upload(admin, drawn(), name).status_code == 404
        assert admin.post(f"{PAGE}picture/{name}/remove").status_code == 404
    assert admin.post(PAGE + "picture/hero", {}).status_code == 422


# --- Addresses ---


def test_an_address_is_added_and_leads_here(app: Flask, provider: Provider, admin: Visitor) -> None:
    host = f"Courses.{provider.slug}.example"
    assert admin.post(PAGE + "addresses", {"host": host}).status_code == 303
    assert host.lower() in admin.get(PAGE).get_data(as_text=True)
    assert Visitor(app, host.lower()).get("/").status_code == 200
    refused = admin.post(PAGE + "addresses/primary", {"host": host.lower()})
    assert (refused.status_code, "sign in there" in refused.get_data(as_text=True)) == (409, True)
    assert admin.post(PAGE + "addresses/remove", {"host": host.lower()}).status_code == 303
    assert Visitor(app, host.lower()).get("/").status_code == 404


def test_an_address_becomes_the_main_one_from_itself(app: Flask, provider: Provider, admin: Visitor) -> None:
    host = f"courses.{provider.slug}.example"
    admin.post(PAGE + "addresses", {"host": host})
    there = signed_in(app, Provider(provider.id, provider.slug, host), "admin")
    assert "Make it the main address" in there.get(PAGE).get_data(as_text=True)
    assert there.post(PAGE + "addresses/primary", {"host": host}).status_code == 303
    with app.app_context(), tenant_scope(provider.id):
        assert tenants.hosts_of(provider.id)[0] == host
    tenants.forget_hosts()


def test_a_taken_or_odd_address_is_refused_beside_its_field(
    app: Flask, provider: Provider, admin: Visitor
) -> None:
    with app.app_context():
        other = make_provider()
    for typed, status in ((other.host, 409), ("localhost", 422), ("<b>", 422), ("", 422), ("x" * 400, 422)):
        answer = admin.post(PAGE + "addresses", {"host": typed})
        assert answer.status_code == status, typed
        assert 'id="host-error"' in answer.get_data(as_text=True)
    tenants.forget_hosts()
    assert Visitor(app, other.host).get("/login").status_code == 200
