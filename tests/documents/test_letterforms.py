"""Names in any script: drawn where a font package is installed, an honest box where none is."""

from __future__ import annotations

import hashlib
import io
from importlib.util import find_spec

import pytest
from pypdf import PdfReader

from backoffice.documents import letterforms
from backoffice.documents.certificate_pdf import certificate_pdf
from backoffice.documents.directions import runs_of
from backoffice.documents.letterforms import BOX, drawable, missing_letters, shape
from backoffice.documents.typeface import BOLD, REGULAR, register_fonts
from tests.documents.test_certificate_pdf import PAPER, replace

HAS_SHAPER = find_spec("uharfbuzz") is not None
needs_wide = pytest.mark.skipif(
    not (HAS_SHAPER and find_spec("pymupdf_fonts")), reason="uharfbuzz and pymupdf-fonts are not installed"
)
needs_cjk = pytest.mark.skipif(
    not (HAS_SHAPER and find_spec("justmytype_intl_cjk")), reason="the East Asian fonts are not installed"
)


@pytest.fixture(autouse=True)
def fonts() -> None:
    register_fonts()


@pytest.fixture
def without_shaper(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no font package is installed."""
    monkeypatch.setattr(letterforms, "hb", None)
    letterforms.width_of.cache_clear()


def test_our_own_letters_stay_text_that_can_be_searched() -> None:
    assert drawable("Siân O’Neill") == "Siân O’Neill"
    page = PdfReader(io.BytesIO(certificate_pdf(PAPER))).pages[0].extract_text()
    assert "Doreen O’Neill" in page


@needs_wide
@pytest.mark.parametrize("name", ["محمد", "שלום", "Nguyễn Thị Ánh", "अमिताभ", "ไทย", "ქართული"])
def test_these_scripts_are_drawn(name: str) -> None:
    assert missing_letters(name) == ""
    assert drawable(name) == name
    assert shape(name, BOLD).strokes


@needs_cjk
@pytest.mark.parametrize("name", ["李小龍", "山田さくら", "김철수"])
def test_east_asian_names_are_drawn(name: str) -> None:
    assert missing_letters(name) == ""
    assert shape(name, REGULAR).width == pytest.approx(len(name), rel=0.15)


@needs_wide
def test_arabic_letters_are_joined() -> None:
    """Joined, a letter has another shape than alone; a letter that joins with none keeps its own."""
    assert shape("مم", REGULAR).strokes[:20] != shape("م", REGULAR).strokes[:20]
    assert shape("دد", REGULAR).width == pytest.approx(2 * shape("د", REGULAR).width)


@needs_wide
def test_marks_are_put_together_with_their_letter() -> None:
    assert shape("हि", REGULAR).width < shape("ह", REGULAR).width + shape("ई", REGULAR).width
    assert shape("q\u0303", REGULAR).width == pytest.approx(shape("q", REGULAR).width)


@needs_wide
def test_an_odd_name_gives_the_same_bytes_again() -> None:
    paper = replace(PAPER, holder="محمد Smith 李")
    first = hashlib.sha256(certificate_pdf(paper)).hexdigest()
    letterforms.shape.cache_clear()
    letterforms.width_of.cache_clear()
    assert hashlib.sha256(certificate_pdf(paper)).hexdigest() == first


def test_pictures_are_left_out_and_unknown_letters_become_a_box() -> None:
    assert drawable("Anna 😀 Blüm 👩‍👩‍👧 🇬🇧") == "Anna Blüm"
    assert drawable("𓀀𓀁") == BOX * 2
    assert missing_letters("Anna 😀 𓀀𓀀") == "😀𓀀"


def test_a_name_of_pictures_alone_is_a_box_not_nothing() -> None:
    assert drawable("😀😀") == BOX
    assert drawable("") == ""


def test_marks_that_turn_the_direction_are_left_out() -> None:
    assert drawable("abc\u202edef\u2066\u200f") == "abcdef"


def test_without_a_shaper_every_foreign_letter_is_a_box(without_shaper: None) -> None:
    assert drawable("محمد Smith") == BOX * 4 + " Smith"
    assert missing_letters("李小") == "李小"
    paper = replace(PAPER, holder="محمد 😀 李小龍 Nguyễn", instructor="שלום")
    assert b"%PDF" in certificate_pdf(paper)[:8]


# --- Directions ---


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Doreen", [("Doreen", False)]),
        ("", [("", False)]),
        ("12 (3)", [("12 (3)", False)]),
        ("שלום", [("שלום", True)]),
        ("Smith שלום Lee", [("Smith ", False), ("שלום", True), (" Lee", False)]),
        ("שלום Lee", [("Lee", False), ("שלום ", True)]),
        ("שלום 12", [("12", False), ("שלום ", True)]),
        ("שלום (Lee) 4", [("4", False), (") ", True), ("Lee", False), ("שלום (", True)]),
        ("Lee (שלום)", [("Lee (", False), ("שלום", True), (")", False)]),
    ],
)
def test_each_piece_stands_where_it_is_seen(text: str, runs: list[tuple[str, bool]]) -> None:
    assert [(run.text, run.is_right_to_left) for run in runs_of(text)] == runs
