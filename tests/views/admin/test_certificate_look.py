"""How certificates look: who may change it, which pictures are taken, and what the specimen shows."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfReader
from werkzeug.test import TestResponse

from backoffice.documents.picture import MOST_BYTES, MOST_PIXELS, read_picture
from backoffice.domain.errors import Invalid
from backoffice.services.certificates import look
from backoffice.tenancy import tenant_scope
from tests import certificate_papers as papers
from tests.factories import Provider, make_course_type
from tests.web_client import Visitor, signed_in

PAGE = "/admin/certificate-look/"
CHOICES = {
    "certificate_colour": "#7a1f3d",
    "certificate_signatory": "Martin Hughes",
    "certificate_signatory_role": "Director",
    "certificate_name": "initials",
    "version": "1",
}


@pytest.fixture
def admin(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 120), **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, (15, 90, 110)).save(written, kind, **more)
    return written.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    written = io.BytesIO()
    Image.effect_noise(size, 90).save(written, "PNG")
    return written.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims to unpack to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def upload(visitor: Visitor, content: bytes, name: str = "logo.png") -> TestResponse:
    return visitor.post(
        PAGE + "logo", {"logo": (io.BytesIO(content), name)}, content_type="multipart/form-data"
    )


def stored(app: Flask, provider: Provider) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        return look.find_logo()


def text_of(pdf: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


# --- What is chosen ---


def test_what_is_chosen_is_kept_and_told(app: Flask, provider: Provider, admin: Visitor) -> None:
    assert admin.post(PAGE, CHOICES).status_code == 303
    chosen = papers.within(app, provider, look.choices)
    assert chosen == {name: value for name, value in CHOICES.items() if name != "version"}
    page = admin.get(PAGE).get_data(as_text=True)
    assert "Martin Hughes" in page
    assert "Changed how certificates look" in admin.get("/admin/settings/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("certificate_colour", "#ffee88", "too pale"),
        ("certificate_colour", "teal", "Write the colour"),
        ("certificate_colour", "#0b5c6b;}body{", "Write the colour"),
        ("certificate_colour", "", "Fill this in."),
        ("certificate_name", "nickname", "Choose one of the list."),
        ("certificate_signatory", "x" * 121, "120"),
        ("certificate_signatory", "a\x07b", "character"),
    ],
)
def test_what_cannot_be_is_said_by_its_field(admin: Visitor, name: str, value: str, said: str) -> None:
    answer = admin.post(PAGE, CHOICES | {name: value})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_the_second_of_two_is_told(admin: Visitor) -> None:
    assert admin.post(PAGE, CHOICES).status_code == 303
    answer = admin.post(PAGE, CHOICES | {"certificate_signatory": "Somebody else"})
    assert answer.status_code == 409
    assert "Somebody else" in answer.get_data(as_text=True)  # what was typed is not lost


@pytest.mark.parametrize("role", ["office", "manager", "instructor"])
def test_nobody_but_an_administrator_changes_it(app: Flask, provider: Provider, role: str) -> None:
    visitor = signed_in(app, provider, role)
    assert visitor.post(PAGE, CHOICES).status_code == 403
    assert upload(visitor, picture()).status_code == 403
    assert visitor.post(PAGE + "logo/remove").status_code == 403
    assert stored(app, provider) is None


# --- The logo ---


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_becomes_a_jpeg_of_our_own(
    app: Flask, provider: Provider, admin: Visitor, kind: str
) -> None:
    assert upload(admin, picture(kind), "anything.exe").status_code == 303
    logo = stored(app, provider)
    assert (logo.width, logo.height) == (300, 120)
    assert Image.open(io.BytesIO(logo.content)).format == "JPEG"
    shown = admin.get(PAGE + "logo.jpg")
    assert (shown.mimetype, shown.data) == ("image/jpeg", logo.content)


def test_the_next_logo_takes_the_place_of_the_first(app: Flask, provider: Provider, admin: Visitor) -> None:
    upload(admin, picture())
    upload(admin, picture(size=(200, 200)))
    assert stored(app, provider).width == 200
    assert admin.post(PAGE + "logo/remove").status_code == 303
    assert stored(app, provider) is None
    assert admin.post(PAGE + "logo/remove").status_code == 404


def test_where_the_picture_was_taken_is_not_kept(app: Flask, provider: Provider, admin: Visitor) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at home, 53.80 N 1.55 W"
    exif[0x0112] = 6  # lies on its side
    upload(admin, picture("JPEG", exif=exif))
    logo = stored(app, provider)
    assert b"Taken at home" not in logo.content
    assert (logo.width, logo.height) == (120, 300)


def test_what_is_transparent_is_white() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(written, "PNG")
    seen = Image.open(io.BytesIO(read_picture(written.getvalue()).content))
    assert seen.getpixel((20, 20)) == (255, 255, 255)


def test_a_large_picture_is_made_smaller() -> None:
    read = read_picture(picture(size=(4000, 1000)))
    assert (read.width, read.height) == (1200, 300)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a picture."),
        (SVG, "Choose a PNG or JPEG file."),
        (b"<?xml version='1.0'?>" + SVG, "Choose a PNG or JPEG file."),
        (b"%PDF-1.4", "Choose a PNG or JPEG file."),
        (picture("GIF"), "Choose a PNG or JPEG file."),
        (picture("TIFF"), "Choose a PNG or JPEG file."),
        (picture()[:90], "cannot be read as a picture"),
        (picture("JPEG")[:300], "PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "Choose a PNG or JPEG file."),
        (picture(size=(4, 4)), "too small"),
        (noise((1300, 1300)), "larger than 1 MB"),
    ],
)
def test_what_is_no_logo_is_refused_beside_the_field(admin: Visitor, content: bytes, said: str) -> None:
    answer = upload(admin, content)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert 'id="logo-error"' in page


def test_a_form_without_a_file_is_refused(admin: Visitor) -> None:
    assert admin.post(PAGE + "logo", {}).status_code == 422


@pytest.mark.parametrize("size", [(60_000, 60_000), (16_001, 1_000), (30_000, 30_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    content = bomb(*size)
    assert len(content) < MOST_BYTES
    tracemalloc.start()
    with pytest.raises(Invalid, match="too many pixels"):
        read_picture(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


def test_without_the_limit_the_bomb_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same file gets past the header and only fails where its pixels run out."""
    monkeypatch.setattr("backoffice.documents.picture.MOST_PIXELS", MOST_PIXELS * 100)
    with pytest.raises(Invalid, match="cannot be read"):
        read_picture(bomb(16_001, 1_000))


# --- The specimen ---


def test_the_specimen_shows_the_stored_look(app: Flask, provider: Provider, admin: Visitor) -> None:
    admin.post(PAGE, CHOICES)
    answer = admin.get(PAGE + "specimen.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    said = text_of(answer.data)
    for expected in ("SPECIMEN", "Martin Hughes", "Director", "Alexandra Example"):
        assert expected in said


def test_the_look_is_tried_before_it_is_saved(app: Flask, provider: Provider, admin: Visitor) -> None:
    answer = admin.post(PAGE + "specimen.pdf", CHOICES | {"certificate_signatory": "Tried Only"})
    assert "Tried Only" in text_of(answer.data)
    assert papers.within(app, provider, look.choices)["certificate_signatory"] == ""
    refused = admin.post(PAGE + "specimen.pdf", CHOICES | {"certificate_colour": "#ffffff"})
    assert refused.status_code == 422


def test_the_specimen_of_a_type_carries_its_wording(app: Flask, provider: Provider, admin: Visitor) -> None:
    wording = "Meets the Health and Safety (First-Aid) Regulations 1981."
    kind = papers.within(app, provider, lambda: make_course_type(certificate_wording=wording).id)
    assert wording in text_of(admin.get(f"{PAGE}specimen.pdf?type={kind}").data)
    assert f"type={kind}" in admin.get(PAGE).get_data(as_text=True)
    for odd in ("x", "0", "", "00000000-0000-0000-0000-000000000000"):
        assert admin.get(f"{PAGE}specimen.pdf?type={odd}").status_code == 200


def test_the_code_of_a_specimen_checks_as_unknown(app: Flask, provider: Provider) -> None:
    assert Visitor(app, provider.host).get("/verify/SPECIMENSPECIMENSPECIM").status_code == 404


def test_the_wording_is_written_on_the_course_type(app: Flask, provider: Provider, admin: Visitor) -> None:
    wording = "Line one\nLine two"
    form = {"code": "EFAW", "title": "Emergency First Aid", "certificate_wording": wording}
    assert admin.post("/admin/course_types/new/", form).status_code == 302
    page = admin.get(PAGE).get_data(as_text=True)
    assert "Specimen with the wording of Emergency First Aid" in page
