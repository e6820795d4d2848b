"""The table of docs/abuse-cases.md is true: each case has a test and a control, and each of them exists."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
TABLE = PROJECT / "docs" / "abuse-cases.md"
NAME = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CASES = """
A1 A4 A8 A15 B1 B2 B4 B8 B16 B22 C1 C5 C7 D1 D2 E1 E2 E13 F1 F2 F4 F7 G1 G3 G4 G7 G9 G11 H1 H2 H3 H4 H10
I1 I2 J1 K1 L1 L2 N1 N2 N4 O1 O4 O8 O9 P1 P2 P3 P6 Q1 Q2 R1 R2
"""


def rows(text: str) -> list[list[str]]:
    """Id, rule, tests and controls of each row of the table."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return [row for row in cells if re.fullmatch(r"[A-R]\d+", row[0])]


def missing(text: str) -> list[str]:
    """Each named test that no file has."""
    return [f"{path}::{name}" for path, name in NAME.findall(text) if not exists(PROJECT / path, name)]


def exists(path: Path, name: str) -> bool:
    return path.is_file() and f"\ndef {name}(" in path.read_text(encoding="utf-8")


def test_every_case_has_a_test_and_a_control() -> None:
    table = rows(TABLE.read_text(encoding="utf-8"))
    assert set(CASES.split()) - {row[0] for row in table} == set()
    assert [row[0] for row in table if not (NAME.search(row[2]) and NAME.search(row[3]))] == []


def test_every_named_test_exists() -> None:
    assert missing(TABLE.read_text(encoding="utf-8")) == []


def test_a_name_that_is_no_test_is_found() -> None:
    """The control of the test above."""
    invented = "tests/guards/test_abuse_cases.py::test_" + "of_nothing"
    assert missing(f"`{invented}`") == [invented]
