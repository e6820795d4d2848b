"""The public check against what no paper holds."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import certificate_papers as papers
from tests.factories import Provider
from tests.web_client import Visitor

ODD = [
    "%00" * 22,
    "%F0%9F%98%80" * 22,
    "%e2%80%ae" + "A" * 21,
    "a%2Fb" + "x" * 17,
    "%ff" * 22,
    "A" * 5000,
    "'" * 22,
    "{{7*7}}" + "x" * 15,
]


@pytest.mark.parametrize("code", ODD)
def test_an_odd_code_is_unknown_and_no_accident(app: Flask, provider: Provider, code: str) -> None:
    issued = papers.issue(app, provider)
    answer = Visitor(app, provider.host).get(f"/verify/{code}")
    assert answer.status_code == 404
    assert issued.number not in answer.text


@pytest.mark.parametrize(
    "odd", ["\x00", "\u202e", "x" * 100_000, "\u0130" * 3, "\ufb03", "%", "_", "'", "\t", "\u3000"]
)
def test_an_odd_number_or_surname_is_unknown_and_no_accident(
    app: Flask, provider: Provider, odd: str
) -> None:
    issued = papers.issue(app, provider)
    visitor = Visitor(app, provider.host)
    for number, surname in ((odd, "O'Neill"), (issued.number, odd), (odd, odd)):
        answer = visitor.post("/verify/", {"number": number, "surname": surname})
        assert answer.status_code in (400, 404, 422), (number[:9], surname[:9], answer.status_code)
        assert "This certificate is valid" not in answer.text
