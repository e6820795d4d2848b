"""A bar chart as inline SVG: no script, no style attribute, readable aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from backoffice.documents.plain_text import one_line

Points = Sequence[tuple[str, int]]

_WIDTH, _HEIGHT = 720, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 12, 28, 40
_MOST_LABELS = 12
_WIDEST_BAR = 64.0
_TICKS = 4
_LINES, _LETTER = 2, 6.3  # of a bar's label; how wide a letter is


@dataclass(frozen=True)
class _Scale:
    """From values to heights; always includes zero, its ends are round numbers `step` apart."""

    low: int
    high: int
    step: int

    def y(self, value: int) -> float:
        plot = _HEIGHT - _TOP - _BOTTOM
        return _TOP + plot * (self.high - value) / (self.high - self.low)

    def ticks(self) -> range:
        return range(self.low, self.high + 1, self.step)


def bar_chart_svg(points: Points, *, title: str, unit_label: str, formatter: Callable[[int], str]) -> str:
    """The chart of `points` (label, value in minor units) as an <svg> element, ready to stand in a page.

    `formatter` turns a value into words ("£1,234.50"). Colours come from the classes chart-bar,
    chart-bar-negative, chart-grid, chart-axis and chart-label; fill attributes are the default.
    """
    scale = _scale([value for _, value in points])
    mark = hashlib.sha256(repr((title, list(points))).encode("utf-8", "replace")).hexdigest()[:10]
    parts = [
        f'<svg class="chart" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%"'
        f' aria-labelledby="chart-{mark}-title chart-{mark}-desc" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="chart-{mark}-title">{_text(title)}</title>',
        f'<desc id="chart-{mark}-desc">{_text(_description(points, unit_label, formatter), 4000)}</desc>',
        _label(_LEFT, _TOP - 12, unit_label, "start"),
        *(_grid_line(scale, tick, formatter) for tick in scale.ticks() if points),
        *_bars(points, scale, formatter),
        _line(scale.y(0), "chart-axis", "#52606d"),
        *([] if points else [_label(_WIDTH / 2, _HEIGHT / 2, "Nothing to show yet", "middle")]),
        "</svg>",
    ]
    return "\n".join(parts)


def _scale(values: list[int]) -> _Scale:
    lowest, highest = min([0, *values]), max([0, *values])
    if lowest == highest:
        return _Scale(0, 1, 1)
    step = _round_step((highest - lowest) / _TICKS)
    return _Scale(lowest // step * step, -(-highest // step) * step, step)


def _round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is at least `least`."""
    power = 1
    while power * 10 < least:
        power *= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _bars(points: Points, scale: _Scale, formatter: Callable[[int], str]) -> list[str]:
    if not points:
        return []
    room = (_WIDTH - _LEFT - _RIGHT) / len(points)
    every = -(-len(points) // _MOST_LABELS)
    parts = []
    for number, (label, value) in enumerate(points):
        middle = _LEFT + room * (number + 0.5)
        parts.append(_bar(middle, min(room * 0.7, _WIDEST_BAR), value, scale, f"{label}: {formatter(value)}"))
        if number % every == 0:
            parts.extend(_name(middle, label, room * every))
    return parts


def _bar(middle: float, width: float, value: int, scale: _Scale, words: str) -> str:
    top, foot = sorted((scale.y(value), scale.y(0)))
    kind, colour = ("chart-bar", "#0b5c6b") if value >= 0 else ("chart-bar-negative", "#a4262c")
    return (
        f'<rect class="{kind}" fill="{colour}" x="{middle - width / 2:.1f}" y="{top:.1f}"'
        f' width="{width:.1f}" height="{foot - top:.1f}"><title>{_text(words)}</title></rect>'
    )


def _grid_line(scale: _Scale, tick: int, formatter: Callable[[int], str]) -> str:
    y = scale.y(tick)
    return _line(y, "chart-grid", "#d5dce3") + _label(_LEFT - 8, y + 4, formatter(tick), "end")


def _line(y: float, kind: str, colour: str) -> str:
    return f'<path class="{kind}" fill="none" stroke="{colour}" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'


def _label(x: float, y: float, words: str, anchor: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="chart-label" fill="#3e4c59" font-size="12" {place}>{_text(words, 40)}</text>'


def _name(middle: float, label: str, room: float) -> list[str]:
    """A bar's label on up to two lines; of a longer one as much as its place on the axis holds."""
    letters = max(int(room / _LETTER), 2)
    lines = wrap(one_line(label, maximum=200), letters) or [""]
    shown = lines if len(lines) <= _LINES else [*lines[: _LINES - 1], " ".join(lines[_LINES - 1 :])]
    foot = _HEIGHT - _BOTTOM + 18
    return [
        _label(middle, foot + 14 * number, one_line(line, maximum=letters), "middle")
        for number, line in enumerate(shown)
    ]


def _description(points: Points, unit_label: str, formatter: Callable[[int], str]) -> str:
    if not points:
        return f"{unit_label}. Nothing to show yet."
    return f"{unit_label}. " + "; ".join(f"{label}: {formatter(value)}" for label, value in points) + "."


def _text(words: str, maximum: int = 300) -> str:
    return escape(one_line(words, maximum=maximum))
