"""Looks at an .xlsx archive before anything of it is held in memory: small files can unpack to gigabytes."""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib
from xml.parsers import expat

from backoffice.domain.errors import Invalid

# 50,000 rows of 20 columns unpack to 50 MB; a bomb of 10 MB unpacks to ten gigabytes.
_MAXIMUM_UNPACKED = 60 * 1024 * 1024
# Shared texts and styles are held in memory whole, of the sheet one row at a time.
_MAXIMUM_UNPACKED_BESIDES = 20 * 1024 * 1024
_MAXIMUM_PARTS = 2_000
_MAXIMUM_ELEMENTS = 1_000_000
_MAXIMUM_ELEMENTS_OF_ROW = 70_000  # a full row of 16,384 cells, with their values and formulas
_UNREADABLE = (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_SHEETS = "xl/worksheets/"


def check_workbook(data: bytes) -> None:
    """Raises Invalid (field "file") for an archive that is no workbook or would take too much to read."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise damaged() from error
    _check_sizes(parts)
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise damaged()
    for part in parts:  # whatever their names: the archive itself says which of them is a sheet
        _check_elements(archive, part)


def damaged() -> Invalid:
    """What to say of a workbook that cannot be read."""
    sentence = "This workbook cannot be read: open it in the spreadsheet program and save it again as .xlsx."
    return Invalid("unreadable_file", sentence, field="file")


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    """By the directory alone. zipfile reads no more of a part than its entry says: a lie ends in an error."""
    unpacked = sum(part.file_size for part in parts)
    besides = sum(part.file_size for part in parts if not part.filename.startswith(_SHEETS))
    if len(parts) > _MAXIMUM_PARTS or unpacked > _MAXIMUM_UNPACKED or besides > _MAXIMUM_UNPACKED_BESIDES:
        raise _too_large()


def _check_elements(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Counts without keeping: an element of four bytes in the file takes a hundred in memory.

    A part that cannot be read costs no more than what was counted of it; who needs it will find that out.
    """
    counter = _Counter(per_row=part.filename.startswith(_SHEETS))
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = counter.element
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with contextlib.suppress(*_UNREADABLE), archive.open(part) as content:
        parser.ParseFile(content)


class _Counter:
    """Counts the elements of a part, those of a sheet anew with each row."""

    def __init__(self, *, per_row: bool) -> None:
        self._per_row = per_row
        self._maximum = _MAXIMUM_ELEMENTS_OF_ROW if per_row else _MAXIMUM_ELEMENTS
        self._count = 0

    def element(self, name: str, _: dict[str, str]) -> None:
        self._count += 1
        if self._per_row and name.endswith(" row"):
            self._count = 0
        if self._count > self._maximum:
            raise _too_large()


def _refuse_doctype(*_: object) -> None:
    """No spreadsheet program writes one; entities that expand into each other begin there."""
    raise damaged()


def _too_large() -> Invalid:
    return Invalid("file_too_large", "The workbook is too large: save only this sheet as CSV.", field="file")
