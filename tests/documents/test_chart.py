"""The bar chart, read as XML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from backoffice.documents.chart import bar_chart_svg
from backoffice.domain.money import format_money

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = [("Jan 2026", 120_000), ("Feb 2026", 345_050), ("Mar 2026", -20_000)]


def pounds(minor: int) -> str:
    return format_money(minor, "GBP")


def chart(points: list[tuple[str, int]], title: str = "Revenue by month") -> ElementTree.Element:
    return ElementTree.fromstring(bar_chart_svg(points, title=title, unit_label="Pounds", formatter=pounds))


def bars(root: ElementTree.Element) -> list[ElementTree.Element]:
    return root.findall(f"{SVG}rect")


def number(bar: ElementTree.Element, name: str) -> float:
    return float(bar.attrib[name])


def test_a_chart_says_what_it_shows_to_those_who_cannot_see_it():
    root = chart(MONTHS)
    named = {part.attrib["id"]: part.text for part in root if "id" in part.attrib}
    title, description = root.attrib["aria-labelledby"].split()
    assert root.attrib["role"] == "img"
    assert named[title] == "Revenue by month"
    assert "Feb 2026: £3,450.50" in str(named[description])


def test_two_charts_of_one_page_share_no_id():
    ids = [
        part.attrib["id"]
        for root in (chart(MONTHS), chart(MONTHS, "Places"))
        for part in root
        if "id" in part.attrib
    ]
    assert len(ids) == len(set(ids)) == 4


def test_a_strict_content_security_policy_finds_nothing_to_block():
    written = bar_chart_svg(MONTHS, title="x", unit_label="y", formatter=pounds)
    root = ElementTree.fromstring(written)
    assert not [part.tag for part in root.iter() if part.tag in {f"{SVG}script", f"{SVG}style"}]
    assert not [
        name for part in root.iter() for name in part.attrib if name == "style" or name.startswith("on")
    ]


def test_bars_are_as_high_as_their_values_and_negative_ones_hang_down():
    january, february, march = bars(chart(MONTHS))
    assert number(february, "height") / number(january, "height") == pytest.approx(
        345_050 / 120_000, rel=0.01
    )
    assert number(march, "y") == pytest.approx(number(january, "y") + number(january, "height"), abs=0.2)
    assert march.attrib["class"] == "chart-bar-negative"


@pytest.mark.parametrize(
    "values", [[], [0], [5], [-5], [0, 0], [1, -1], [10**12, 1], [1] * 400, [-3, -4], [7, 0]]
)
def test_every_bar_stays_inside_the_picture(values: list[int]):
    root = chart([(f"n{number}", value) for number, value in enumerate(values)])
    _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    found = bars(root)
    assert len(found) == len(values)
    assert all(number(bar, "x") >= 0 and number(bar, "x") + number(bar, "width") <= width for bar in found)
    assert all(number(bar, "y") >= 0 and number(bar, "y") + number(bar, "height") <= height for bar in found)


def test_an_empty_chart_says_so():
    assert "Nothing to show yet" in [text.text for text in chart([]).findall(f"{SVG}text")]


def test_hostile_text_is_shown_as_text():
    hostile = '"><script>alert(1)</script>\x00\ud800' + "x" * 5000
    root = chart([(hostile, 5)], hostile)
    assert not list(root.iter(f"{SVG}script"))
    assert str(root.findtext(f"{SVG}title")).startswith('"><script>alert(1)</script>')
