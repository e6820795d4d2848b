"""The certificate on paper: one page whatever it says, the same bytes for the same data, and a code that scans."""

from __future__ import annotations

import importlib
import io
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image
from pypdf import PdfReader
from reportlab.platypus import Paragraph

from backoffice.documents import certificate_pdf as module
from backoffice.documents import qr_code
from backoffice.documents.certificate_pdf import CertificatePaper, certificate_pdf
from backoffice.documents.fitting import Place, fit
from backoffice.documents.letterforms import is_plain, width_of
from backoffice.documents.outcome_columns import arrange
from backoffice.documents.typeface import BOLD, register_fonts
from tests.documents.test_confirmation import HOSTILE

CHECK = "https://rft.example/verify/Ab3dE5gH7jK9mN1pQ3sT5v"
PAPER = CertificatePaper(
    tenant_name="React Fast Training",
    holder="Doreen O’Neill",
    course="First Aid at Work",
    dates="from 3 to 5 March 2026",
    number="RFT-C-2026-0001",
    issued="5 March 2026",
    check_url=CHECK,
    expires="5 March 2029",
    instructor="Kate Wright",
    outcomes=("Assess an incident", "Treat burns", "Resuscitate an adult", "Record what was done"),
    wording="Meets the Health and Safety (First-Aid) Regulations 1981.",
    signatory="Martin Hughes",
    signatory_role="Director",
)
TEXTS = [name for name in vars(PAPER) if name not in ("outcomes", "logo", "colour", "check_url", "ended")]
needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="no pdftoppm here")


@pytest.fixture(scope="module")
def logo() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (600, 180), (11, 92, 107)).save(written, "JPEG")
    return written.getvalue()


def pages(paper: CertificatePaper) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(certificate_pdf(paper))).pages]


def words(paper: CertificatePaper) -> str:
    return " ".join(" ".join(pages(paper)).split())


def with_everywhere(text: str) -> CertificatePaper:
    values: dict[str, Any] = {**vars(PAPER), **dict.fromkeys(TEXTS, text), "outcomes": (text,) * 30}
    return CertificatePaper(**values)


def test_it_says_everything():
    said = words(PAPER)
    for text in (getattr(PAPER, name) for name in TEXTS):
        assert text in said
    for outcome in PAPER.outcomes:
        assert outcome in said
    assert CHECK.removeprefix("https://") in said


def test_the_least_of_a_certificate_is_a_page():
    least = CertificatePaper("T", "H", "C", "", "N-1", "1 May 2026", CHECK)
    assert "Does not expire" in words(least)
    assert "It covered" not in words(least)


def test_the_same_data_give_the_same_bytes(logo: bytes):
    paper = replace(PAPER, logo=logo)
    first = certificate_pdf(paper)
    arrange.cache_clear()
    fit.cache_clear()
    assert certificate_pdf(replace(paper)) == first


def test_other_data_give_other_bytes():
    """The control: what the test above compares would differ."""
    assert certificate_pdf(replace(PAPER, holder="Doreen O'Neill")) != certificate_pdf(PAPER)


def test_the_logo_lies_in_the_file_as_it_was_stored(logo: bytes):
    written = certificate_pdf(replace(PAPER, logo=logo))
    assert logo in written
    assert b"ASCII85" not in written


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_in_every_field_is_one_page(kind: str):
    assert len(pages(with_everywhere(HOSTILE[kind]))) == 1


@pytest.mark.parametrize(
    "name", ["A<b", "Tom & <i>Jerry", "</para>", "<img src='/etc/passwd'/>", "&amp; {{1*1}}"]
)
def test_markup_is_shown_as_it_was_typed(name: str):
    assert name in words(replace(PAPER, holder=name, course=name, instructor=name))


def test_as_a_paragraph_the_same_markup_would_break():
    """The control: what the library does with such text where it reads markup."""
    with pytest.raises((ValueError, IndexError)):
        Paragraph("Tom & <i>Jerry</para> x</b>")


# --- Names of any length ---

NAME = Place(700, 82, 36, 22, 6, BOLD)


@pytest.mark.parametrize(
    "name",
    ["W" * 300, "i" * 300, "x" * 201, "Wolfeschlegelsteinhausen " * 12, "a b " * 75, "李" * 300, "محمد" * 75],
)
def test_a_name_of_three_hundred_characters_stands_in_its_place_complete(name: str):
    register_fonts()
    fitted = fit(name.strip(), NAME)
    assert "".join(fitted.lines).replace(" ", "") == name.replace(" ", "")
    assert fitted.height <= NAME.height
    assert max(width_of(line, BOLD) for line in fitted.lines) * fitted.size <= NAME.width + 0.01
    assert fitted.size >= 9


def test_a_short_name_is_large_and_a_longer_one_smaller_before_it_wraps():
    register_fonts()
    short, longer = fit("Jo Li", NAME), fit("Bartholomew Featherstonehaugh-Cholmondeley III", NAME)
    assert (short.size, len(short.lines)) == (36, 1)
    assert 22 <= longer.size < 36
    assert len(longer.lines) == 1


def test_what_does_not_fit_at_the_smallest_size_ends_with_an_ellipsis():
    register_fonts()
    fitted = fit("W" * 5000, NAME)
    assert fitted.lines[-1].endswith("…")
    assert fitted.height <= NAME.height


def test_words_are_not_broken_where_they_fit():
    register_fonts()
    fitted = fit("Maria Fernanda de los Angeles " * 4, NAME)
    assert all(line == line.strip() for line in fitted.lines)
    assert {word for line in fitted.lines for word in line.split()} == {
        *("Maria", "Fernanda", "de", "los", "Angeles")
    }


def test_outcomes_that_do_not_fit_are_counted():
    said = words(replace(PAPER, outcomes=tuple(f"Outcome {number} " + "long " * 30 for number in range(60))))
    assert "Outcome 0" in said
    listed = sum(f"Outcome {number} " in said for number in range(60))
    assert f"and {60 - listed} more" in said


@needs_poppler
@pytest.mark.parametrize("kind", ["usual", "longest"])
def test_nothing_is_drawn_over_the_frame(tmp_path: Path, logo: bytes, kind: str):
    """Outside the frame the paper is white, and between its two lines nothing but the lines is drawn."""
    paper = replace(PAPER if kind == "usual" else with_everywhere("W" * 300), logo=logo)
    image = rendered(certificate_pdf(paper), tmp_path, 72).convert("L")
    width, height = image.size
    edge = [
        image.crop(box) for box in ((0, 0, width, 17), (0, height - 17, width, height), (0, 0, 17, height))
    ]
    assert [piece.getextrema() for piece in edge] == [(255, 255)] * 3
    between = image.crop((22, 30, 25, height - 30))
    assert min(between.tobytes()) > 200


@pytest.mark.parametrize("text", ["and safety", "and 3 more", "x" * 400])
def test_an_outcome_may_say_anything(text: str):
    assert len(pages(replace(PAPER, outcomes=(text,) * 39))) == 1


# --- The code ---


def rendered(pdf: bytes, folder: Path, dots: int) -> Image.Image:
    (folder / "paper.pdf").write_bytes(pdf)
    options = ("-r", str(dots), "-png", "-singlefile")
    subprocess.run(["pdftoppm", *options, folder / "paper.pdf", folder / "paper"], check=True, timeout=60)
    return Image.open(folder / "paper.png")


@needs_poppler
def test_the_drawn_code_has_the_modules_of_its_address(tmp_path: Path):
    image = rendered(certificate_pdf(PAPER), tmp_path, 300).convert("L")
    rows = qr_code.modules(CHECK)
    module_side = module._QR / (len(rows) + 2 * qr_code.QUIET_ZONE) * 300 / 72
    left = (module.PAGE[0] - module._SIDE - module._QR + 10) * 300 / 72 + qr_code.QUIET_ZONE * module_side
    bottom = image.height - 46 * 300 / 72 - qr_code.QUIET_ZONE * module_side
    top = bottom - len(rows) * module_side

    def is_dark(row: int, column: int) -> bool:
        at = int(left + (column + 0.5) * module_side), int(top + (row + 0.5) * module_side)
        return int(image.getpixel(at)) < 128  # type: ignore[arg-type]

    drawn = [[is_dark(row, column) for column in range(len(rows))] for row in range(len(rows))]
    assert drawn == [[bool(each) for each in row] for row in rows]


def test_the_mask_is_fixed_and_named_in_the_code():
    """The same modules as the library makes with that mask, whichever it would have chosen itself."""
    wanted = segno.make(CHECK, error="m", micro=False, mask=qr_code.MASK, boost_error=False)
    assert qr_code.modules(CHECK) == list(wanted.matrix)
    others = [segno.make(CHECK, error="m", micro=False, mask=mask, boost_error=False) for mask in range(8)]
    assert sum(list(each.matrix) == qr_code.modules(CHECK) for each in others) == 1


@needs_poppler
@pytest.mark.skipif(find_spec("zxingcpp") is None, reason="zxing-cpp is not installed")
@pytest.mark.parametrize("dots", [60, 100, 200])
@pytest.mark.parametrize("letter", ["A", "_", "-", "z", "5"])
def test_a_reader_finds_the_address_in_the_printed_code(tmp_path: Path, dots: int, letter: str):
    zxingcpp: Any = importlib.import_module("zxingcpp")
    url = f"https://training.example.com/verify/{letter * 22}"
    image = rendered(certificate_pdf(replace(PAPER, check_url=url)), tmp_path, dots)
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [url]


# --- What ended ---


@pytest.mark.parametrize("word", ["REVOKED", "REPLACED", "SPECIMEN"])
def test_what_has_ended_says_so_across_the_page(word: str):
    assert word in words(replace(PAPER, ended=word))
    assert word not in words(PAPER)


def test_our_typeface_is_enough_for_most_names():
    register_fonts()
    assert is_plain("Siân Pryce-Jones Wójcik O’Neill Çelik Жанна Ελλάδα", BOLD)
