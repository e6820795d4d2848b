"""What the public pages' tests share."""

import io

import pytest
from PIL import Image


@pytest.fixture
def logo_png() -> bytes:
    """A small picture, partly transparent."""
    written = io.BytesIO()
    Image.new("RGBA", (300, 120), (15, 90, 110, 128)).save(written, "PNG")
    return written.getvalue()
