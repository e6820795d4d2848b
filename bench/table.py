"""What a measurement found, as lines that people compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, the figure, the goal, and whether it was met (None: nothing to meet)."""

    what: str
    value: str
    goal: str = ""
    is_met: bool | None = None

    def line(self, width: int) -> str:
        verdict = {True: "ok", False: "MISSED", None: ""}[self.is_met]
        return f"  {self.what:<{width}}  {self.value:>26}  {self.goal:<24} {verdict}".rstrip()


def show(title: str, figures: Iterable[Figure]) -> None:
    listed = list(figures)
    width = max(len(figure.what) for figure in listed)
    print(f"\n{title}", *(figure.line(width) for figure in listed), sep="\n", flush=True)


def at_least(what: str, ratio: float, goal: float, note: str = "") -> Figure:
    return Figure(what, f"{ratio:.3f} {note}".strip(), f">= {goal}", ratio >= goal)


def at_most(what: str, value: float, goal: float, unit: str = "") -> Figure:
    return Figure(what, f"{value:,.2f} {unit}".strip(), f"<= {goal:,} {unit}".strip(), value <= goal)


def middle(values: Iterable[float]) -> float:
    return median(list(values))


def percentile(values: Iterable[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
