"""What is made of an uploaded picture, and what is refused (G13)."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageOps

from backoffice.documents import web_picture
from backoffice.documents.web_picture import LARGE_BYTES, SMALL_BYTES, read_web_picture
from backoffice.domain.errors import Invalid

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
PHP = b"<?php system($_GET['c']); ?>"
ALERT = b"<script>alert(1)</script>"


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 600), mode: str = "RGB", **more: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, kind, **more)
    return written.getvalue()


def seen(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def noise(size: tuple[int, int], kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    channels = [Image.effect_noise(size, 120) for _ in range(3)]
    Image.merge("RGB", channels).save(written, kind)
    return written.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims to unpack to gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../x.png", b"\0" * 1_000_000)
    return written.getvalue()


# --- What is made of it ---


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_kind_becomes_webp_in_two_sizes(kind: str) -> None:
    read = read_web_picture(picture(kind))
    assert [seen(each).format for each in (read.small, read.large)] == ["WEBP", "WEBP"]
    assert [seen(each).size for each in (read.small, read.large)] == [(480, 240), (960, 480)]
    assert (read.width, read.height, read.small_width) == (960, 480, 480)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_way_to_store_colours_is_read_from_png(mode: str) -> None:
    assert read_web_picture(picture("PNG", mode=mode)).width == 960


def test_a_jpeg_for_printers_is_read() -> None:
    assert read_web_picture(picture("JPEG", mode="CMYK")).width == 960


def test_sixteen_bits_of_grey_stay_grey() -> None:
    written = io.BytesIO()
    Image.new("I;16", (100, 100), 32_768).save(written, "PNG")
    middle = seen(read_web_picture(written.getvalue()).large).convert("L").getpixel((50, 50))
    assert isinstance(middle, int)
    assert 120 < middle < 136


def test_a_small_picture_is_not_made_larger() -> None:
    read = read_web_picture(picture(size=(300, 200)))
    assert seen(read.large).size == seen(read.small).size == (300, 200)


def test_a_portrait_is_no_taller_than_a_page_can_use() -> None:
    read = read_web_picture(picture("JPEG", (1500, 3000)))
    assert seen(read.large).size == (600, 1200)
    assert seen(read.small).size == (300, 600)


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert seen(read_web_picture(picture("JPEG", exif=exif)).large).size == (600, 1200)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_pixels_is_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at home, 53.80 N 1.55 W"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    uploaded = picture(kind, exif=exif, icc_profile=profile)
    assert b"Taken at home" in uploaded
    read = read_web_picture(uploaded)
    for content in (read.small, read.large):
        assert b"Taken at home" not in content
        info = seen(content).info
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(info)


def test_a_photo_with_others_behind_it_is_read() -> None:
    """As telephones take them: the picture, and one for its depth."""
    written = io.BytesIO()
    Image.new("RGB", (1200, 600)).save(
        written, "MPO", save_all=True, append_images=[Image.new("RGB", (60, 30))]
    )
    assert seen(written.getvalue()).format == "MPO"
    assert read_web_picture(written.getvalue()).width == 960


def test_of_a_film_the_first_frame_is_shown() -> None:
    frames = [Image.new("P", (100, 100), number) for number in range(3)]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    assert getattr(seen(read_web_picture(written.getvalue()).large), "n_frames", 1) == 1


def test_what_is_transparent_stays_so() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(written, "PNG")
    assert seen(read_web_picture(written.getvalue()).large).convert("RGBA").getpixel((50, 50))[3] == 0  # type: ignore[index]


def test_the_worst_picture_keeps_to_what_a_page_may_weigh() -> None:
    """Noise, which no quality makes light: it is made smaller."""
    read = read_web_picture(noise((1500, 1900), "JPEG"))
    assert len(read.small) <= SMALL_BYTES
    assert len(read.large) <= LARGE_BYTES
    assert seen(read.large).size == (read.width, read.height)
    assert seen(read.small).width == read.small_width


def test_the_same_file_gives_the_same_bytes() -> None:
    uploaded = noise((600, 400))
    assert read_web_picture(uploaded) == read_web_picture(uploaded)


# --- What is refused ---


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a picture."),
        (SVG, "Choose a JPEG, PNG, WebP or GIF file."),
        (PHP, "Choose a JPEG, PNG, WebP or GIF file."),
        (b"<!doctype html>" + ALERT, "Choose a JPEG, PNG, WebP or GIF file."),
        (b"%PDF-1.4", "Choose a JPEG, PNG, WebP or GIF file."),
        (zipped(), "Choose a JPEG, PNG, WebP or GIF file."),
        (picture("TIFF"), "Choose a JPEG, PNG, WebP or GIF file."),
        (picture("BMP"), "Choose a JPEG, PNG, WebP or GIF file."),
        (picture("ICO", (64, 64)), "Choose a JPEG, PNG, WebP or GIF file."),
        (b"GIF89a" + ALERT, "JPEG"),
        (picture()[:90], "cannot be read"),
        (picture("JPEG")[:300], "JPEG"),
        (picture("WEBP")[:40], "JPEG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "Choose a JPEG, PNG, WebP or GIF file."),
        (picture(size=(20, 20)), "too small"),
        (picture(size=(4000, 100)), "too long and thin"),
        (b"\0" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        read_web_picture(content, field="hero")
    assert list(refused.value.fields) == ["hero"]


def test_what_hangs_on_a_picture_is_left_behind() -> None:
    for kind in ("GIF", "JPEG", "PNG"):
        read = read_web_picture(picture(kind) + PHP + ALERT + zipped())
        for content in (read.small, read.large):
            assert PHP not in content
            assert ALERT not in content
            assert not zipfile.is_zipfile(io.BytesIO(content))


@pytest.mark.parametrize("size", [(60_000, 60_000), (25_001, 1_000 * 12), (20_000, 20_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    content = bomb(*size)
    assert len(content) < 100_000
    tracemalloc.start()
    with pytest.raises(Invalid, match="too many pixels"):
        read_web_picture(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


def many_scans(number: int) -> bytes:
    """A progressive JPEG that goes over its picture again and again."""
    written = picture("JPEG", progressive=True)
    last = written[written.rindex(b"\xff\xda") : -2]
    return written[:-2] + last * number + written[-2:]


def test_a_picture_that_is_drawn_a_thousand_times_is_refused() -> None:
    """Each scan costs as much as a whole picture: ten megabytes of them are hours."""
    with pytest.raises(Invalid, match="cannot be read"):
        read_web_picture(many_scans(1000))


def test_what_looks_like_scans_behind_or_within_the_words_is_none() -> None:
    words = b"\xff\xda\x00\x02" * 500
    exif = Image.Exif()
    exif[0x927C] = words
    assert read_web_picture(picture("JPEG", exif=exif, comment=words) + words).width == 960
    assert read_web_picture(many_scans(0)).width == 960


def test_without_the_count_every_scan_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(web_picture, "MOST_SCANS", 10_000)
    assert read_web_picture(many_scans(100)).width == 960


def odd_words() -> Iterator[bytes]:
    """What a camera says of its picture, that it lay on its side among it, with some bytes changed."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x011A] = 6, "By the lake", 72.5
    said, chance = exif.tobytes(), random.Random(1)  # noqa: S311 - the same each time
    for _ in range(400):
        changed = bytearray(said)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(6, len(changed))] = chance.randrange(256)
        yield bytes(changed)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_odd_words_of_a_camera_are_no_accident() -> None:
    for words in odd_words():
        assert read_web_picture(picture("JPEG", (80, 40), exif=words)).width in (40, 80)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_written_anew_such_words_are_one() -> None:
    """The control: the usual way to turn a picture upright fails at some of them."""
    with pytest.raises((struct.error, TypeError, AttributeError)):
        for words in odd_words():
            ImageOps.exif_transpose(seen(picture("JPEG", (80, 40), exif=words)))


# The most memory that this process has had, in KB, and what reading a picture adds to it.
MEASURED = """
import re, sys
from pathlib import Path
from backoffice.documents.web_picture import read_web_picture
def most(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
content = sys.stdin.buffer.read()
before = most()
read_web_picture(content)
print(most() - before)
"""


def test_a_wide_picture_is_made_small_before_it_is_copied() -> None:
    """Twelve million pixels that no decoder can leave out: 50 MB, and more with each copy of the whole."""
    content = picture("JPEG", (12_000, 1_040))
    command = [sys.executable, "-c", MEASURED]
    ended = subprocess.run(command, input=content, capture_output=True, check=True)
    assert 40 * 1024 < int(ended.stdout) < 90 * 1024


def test_without_the_limit_the_bomb_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same file gets past the header and only fails where its pixels run out."""
    monkeypatch.setattr(web_picture, "MOST_PIXELS", {"PNG": 10**12})
    with pytest.raises(Invalid, match="cannot be read"):
        read_web_picture(bomb(9_000, 9_000))


def test_kept_along_the_place_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of what is stripped: a writer that takes along what came with the file."""

    def generous(image: Image.Image, budget: int) -> tuple[bytes, tuple[int, int]]:
        written = io.BytesIO()
        image.save(written, "WEBP", exif=image.info["exif"])
        return written.getvalue(), image.size

    monkeypatch.setattr(web_picture, "_bare", lambda image: image)
    monkeypatch.setattr(web_picture, "_as_webp", generous)
    exif = Image.Exif()
    exif[0x010E] = "Taken at home, 53.80 N 1.55 W"
    assert b"Taken at home" in read_web_picture(picture("JPEG", exif=exif)).large
