"""Pictures for the demonstration, drawn from shapes: a landscape for the top of a site, one motif for each course, portraits.

All are PNG, as somebody would upload them.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from backoffice.domain.colours import mixed

# Drawn at twice the size and made smaller: edges become smooth.
SCALE = 2
WIDE, HIGH = 960, 540
CREAM, INK = "#fff8ea", "#24343a"
SUN, CORAL, SKY, LEAF = "#f2b53c", "#e4694f", "#bfe3e6", "#6fae7c"

Point = tuple[float, float]


class Sheet:
    """A drawing in units of the finished picture."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self.size = (width, height)
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), ground)
        self.pen = ImageDraw.Draw(self.image)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        self.oval(x - radius, y - radius, x + radius, y + radius, fill)

    def oval(self, left: float, top: float, right: float, bottom: float, fill: str) -> None:
        self.pen.ellipse(_scaled((left, top), (right, bottom)), fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str, radius: float = 0) -> None:
        self.pen.rounded_rectangle(_scaled((left, top), (right, bottom)), radius=radius * SCALE, fill=fill)

    def shape(self, points: Sequence[Point], fill: str) -> None:
        self.pen.polygon(_scaled(*points), fill=fill)

    def line(self, points: Sequence[Point], fill: str, width: float) -> None:
        self.pen.line(_scaled(*points), fill=fill, width=round(width * SCALE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, fill)

    def arc(
        self, x: float, y: float, radius: float, ends: tuple[float, float], fill: str, width: float
    ) -> None:
        corners = _scaled((x - radius, y - radius), (x + radius, y + radius))
        self.pen.arc(corners, ends[0], ends[1], fill=fill, width=round(width * SCALE))

    def png(self) -> bytes:
        written = io.BytesIO()
        self.image.resize(self.size, Image.Resampling.LANCZOS).save(written, "PNG")
        return written.getvalue()


def _scaled(*points: Point) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


# --- The top of a site ---


def hills(colour: str) -> bytes:
    """A morning over hills, in shades of the colour."""
    sheet = Sheet(WIDE, 420, mixed(colour, "#ffffff", 22))
    sheet.disc(720, 150, 130, mixed(SUN, "#ffffff", 35))
    sheet.disc(720, 150, 90, SUN)
    for number, percent in enumerate((38, 55, 74, 100)):
        sheet.shape(
            _ridge(210 + 52 * number, 34 - 4 * number, number * 1.7), mixed(colour, "#ffffff", percent)
        )
    for x, y, height in ((130, 372, 60), (180, 384, 44), (850, 366, 66)):
        sheet.box(x - 3, y - 10, x + 3, y + 14, mixed(colour, "#000000", 45))
        sheet.shape([(x - 20, y), (x, y - height), (x + 20, y)], mixed(colour, "#000000", 62))
    return sheet.png()


def skyline(colour: str) -> bytes:
    """Towers and an acacia before a large sun, in shades of the colour."""
    sheet = Sheet(WIDE, 420, mixed(SUN, "#ffffff", 28))
    sheet.disc(500, 250, 170, mixed(SUN, CORAL, 70))
    far, near = mixed(colour, "#ffffff", 48), mixed(colour, "#ffffff", 86)
    for number, height in enumerate((120, 180, 90, 220, 150, 260, 110, 190, 140, 230, 100, 170)):
        sheet.box(number * 82 - 10, 360 - height * 0.8, number * 82 + 56, 420, far)
    for number, height in enumerate((90, 150, 70, 130, 100, 60, 140, 80)):
        left = number * 125 + 10
        sheet.box(left, 380 - height, left + 84, 420, near)
        for window in range(3):
            sheet.box(
                left + 14 + window * 22,
                396 - height,
                left + 24 + window * 22,
                410 - height,
                mixed(SUN, "#ffffff", 75),
            )
    trunk = mixed(colour, "#000000", 40)
    sheet.line([(140, 420), (150, 300), (110, 250)], trunk, 9)
    sheet.line([(150, 310), (195, 250)], trunk, 7)
    sheet.oval(30, 205, 190, 262, mixed(LEAF, "#000000", 70))
    sheet.oval(130, 190, 290, 250, mixed(LEAF, "#000000", 82))
    sheet.box(0, 404, WIDE, 420, trunk)
    return sheet.png()


def _ridge(height: float, swing: float, phase: float) -> list[Point]:
    along = range(0, WIDE + 24, 24)
    waves = [
        (x, height + swing * math.sin(x / 130 + phase) + swing / 2 * math.sin(x / 61 + phase)) for x in along
    ]
    return [(0, 420), *waves, (WIDE, 420)]


# --- Courses ---


def course(motif: str, colour: str) -> bytes:
    """The motif of a course on shades of the provider's colour."""
    sheet = Sheet(WIDE, HIGH, mixed(colour, "#ffffff", 18))
    sheet.disc(180, 500, 300, mixed(colour, "#ffffff", 28))
    sheet.disc(830, 60, 240, mixed(colour, "#ffffff", 26))
    sheet.disc(480, 270, 200, mixed(colour, "#ffffff", 92))
    MOTIFS[motif](sheet)
    return sheet.png()


def _cross(sheet: Sheet) -> None:
    sheet.box(350, 195, 610, 385, CREAM, 26)
    sheet.box(420, 150, 540, 215, CREAM, 22)
    sheet.box(445, 175, 515, 215, INK, 10)
    sheet.box(452, 225, 508, 355, CORAL, 8)
    sheet.box(415, 262, 545, 318, CORAL, 8)


def _heart(sheet: Sheet) -> None:
    sheet.disc(425, 230, 76, CORAL)
    sheet.disc(535, 230, 76, CORAL)
    sheet.shape([(360, 268), (600, 268), (480, 400)], CORAL)
    pulse = [(330, 275), (420, 275), (448, 215), (486, 335), (516, 245), (536, 275), (630, 275)]
    sheet.line(pulse, CREAM, 13)


def _bear(sheet: Sheet) -> None:
    brown, pale = "#b97a4a", "#e7c39a"
    for x in (400, 560):
        sheet.disc(x, 185, 48, brown)
        sheet.disc(x, 185, 24, pale)
    sheet.disc(480, 275, 120, brown)
    sheet.oval(425, 275, 535, 370, pale)
    for x in (440, 520):
        sheet.disc(x, 248, 13, INK)
    sheet.oval(462, 290, 498, 314, INK)
    sheet.arc(480, 318, 26, (20, 160), INK, 6)


def _mind(sheet: Sheet) -> None:
    sheet.disc(470, 245, 108, CREAM)
    sheet.box(430, 300, 540, 405, CREAM, 20)
    sheet.shape([(362, 240), (340, 300), (372, 305)], CREAM)
    for x, y, radius in ((440, 225, 34), (492, 205, 36), (505, 258, 34), (452, 270, 28)):
        sheet.disc(x, y, radius, CORAL)
    sheet.line([(470, 190), (472, 300)], CREAM, 6)


def _drop(sheet: Sheet) -> None:
    sheet.box(440, 175, 520, 385, CREAM, 26)
    sheet.box(440, 175, 520, 240, SUN, 26)
    sheet.box(440, 215, 520, 240, SUN)
    sheet.box(462, 385, 498, 412, INK, 6)
    sheet.shape([(585, 250), (560, 305), (610, 305)], CORAL)
    sheet.disc(585, 312, 27, CORAL)
    sheet.box(455, 275, 505, 345, SKY, 10)


def _air(sheet: Sheet) -> None:
    sheet.box(430, 150, 530, 395, CREAM, 46)
    sheet.box(458, 120, 502, 160, INK, 10)
    sheet.box(430, 240, 530, 300, CORAL)
    for x, y, radius in ((590, 190, 26), (625, 250, 17), (596, 300, 12), (365, 200, 20), (340, 260, 12)):
        sheet.disc(x, y, radius, SKY)


def _peaks(sheet: Sheet) -> None:
    sheet.disc(575, 175, 40, SUN)
    sheet.shape([(320, 390), (450, 170), (580, 390)], CREAM)
    sheet.shape([(470, 390), (560, 245), (650, 390)], LEAF)
    sheet.shape([(412, 235), (450, 170), (488, 235), (462, 222), (440, 246)], SKY)
    sheet.line([(370, 390), (425, 345), (470, 352), (515, 390)], CORAL, 8)


def _crate(sheet: Sheet) -> None:
    sheet.box(375, 205, 585, 390, "#d99c5b", 8)
    sheet.box(375, 205, 585, 250, "#c2834a", 8)
    sheet.box(458, 205, 502, 300, CREAM)
    sheet.line([(340, 390), (340, 230)], CREAM, 12)
    sheet.shape([(312, 245), (340, 195), (368, 245)], CREAM)
    sheet.line([(620, 390), (620, 230)], CREAM, 12)
    sheet.shape([(592, 245), (620, 195), (648, 245)], CREAM)


def _ring(sheet: Sheet) -> None:
    sheet.disc(480, 270, 130, CREAM)
    for start in (20, 110, 200, 290):
        sheet.arc(480, 270, 130, (start, start + 50), CORAL, 68)
    sheet.disc(480, 270, 62, SKY)


def _code(sheet: Sheet) -> None:
    sheet.box(335, 170, 625, 370, INK, 16)
    sheet.box(335, 170, 625, 205, CREAM, 16)
    for number, dot in enumerate((CORAL, SUN, LEAF)):
        sheet.disc(360 + 26 * number, 188, 8, dot)
    sheet.line([(425, 240), (385, 287), (425, 334)], SKY, 13)
    sheet.line([(535, 240), (575, 287), (535, 334)], SKY, 13)
    sheet.line([(500, 232), (460, 342)], SUN, 13)


def _chart(sheet: Sheet) -> None:
    sheet.box(335, 160, 625, 385, CREAM, 18)
    for number, height in enumerate((60, 105, 85, 150)):
        sheet.box(370 + 60 * number, 355 - height, 410 + 60 * number, 355, (SKY, LEAF, SUN, CORAL)[number], 6)
    sheet.line([(390, 265), (450, 220), (510, 235), (585, 180)], INK, 7)


def _shield(sheet: Sheet) -> None:
    sheet.shape([(480, 145), (600, 190), (592, 300), (480, 405), (368, 300), (360, 190)], CREAM)
    sheet.shape([(480, 172), (576, 208), (570, 290), (480, 375)], SKY)
    sheet.line([(425, 272), (466, 315), (545, 225)], CORAL, 20)


def _pencil(sheet: Sheet) -> None:
    sheet.box(355, 165, 520, 390, CREAM, 12)
    for y in (215, 255, 295):
        sheet.line([(385, y), (490, y)], SKY, 9)
    sheet.shape([(470, 330), (575, 175), (612, 200), (507, 355)], SUN)
    sheet.shape([(470, 330), (507, 355), (462, 380)], INK)
    sheet.shape([(575, 175), (612, 200), (626, 180), (589, 155)], CORAL)


MOTIFS: dict[str, Callable[[Sheet], None]] = {
    "cross": _cross,
    "heart": _heart,
    "bear": _bear,
    "mind": _mind,
    "drop": _drop,
    "air": _air,
    "peaks": _peaks,
    "crate": _crate,
    "ring": _ring,
    "code": _code,
    "chart": _chart,
    "shield": _shield,
    "pencil": _pencil,
}


# --- People ---


@dataclass(frozen=True)
class Looks:
    """How a drawn person looks; `hair` is "short", "long", "bun", "curls" or "scarf"."""

    skin: str
    hair: str
    hair_colour: str
    shirt: str
    has_glasses: bool = False


def portrait(looks: Looks, colour: str) -> bytes:
    """Head and shoulders, on a pale ground of the provider's colour."""
    sheet = Sheet(480, 480, mixed(colour, "#ffffff", 22))
    if looks.hair in ("long", "scarf"):
        sheet.box(128, 130, 352, 400, looks.hair_colour, 100)
    if looks.hair == "bun":
        sheet.disc(240, 82, 44, looks.hair_colour)
    if looks.hair == "curls":
        for x, y in ((150, 190), (158, 130), (205, 92), (275, 92), (322, 130), (330, 190)):
            sheet.disc(x, y, 52, looks.hair_colour)
    sheet.oval(60, 360, 420, 720, looks.shirt)
    sheet.box(205, 290, 275, 400, mixed(looks.skin, "#000000", 88), 34)
    sheet.disc(240, 130 + 20, 104, looks.hair_colour)
    sheet.oval(152, 118, 328, 338, looks.skin)
    _fringe(sheet, looks)
    _face(sheet, looks)
    return sheet.png()


def _fringe(sheet: Sheet, looks: Looks) -> None:
    if looks.hair == "scarf":
        sheet.arc(240, 228, 118, (150, 390), looks.hair_colour, 34)
        return
    sheet.shape(
        [(150, 190), (160, 112), (240, 78), (320, 112), (330, 190), (300, 146), (214, 140)], looks.hair_colour
    )


def _face(sheet: Sheet, looks: Looks) -> None:
    for x in (202, 278):
        sheet.disc(x, 226, 10, INK)
        if looks.has_glasses:
            sheet.arc(x, 226, 30, (0, 360), INK, 5)
    if looks.has_glasses:
        sheet.line([(231, 224), (249, 224)], INK, 5)
    sheet.arc(240, 262, 40, (25, 155), mixed(CORAL, "#000000", 75), 9)
