"""What a reminder may be about, and which mails fit it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Moment:
    """When mails of a kind go out: its name, how its distance is said, and which templates may be sent."""

    label: str
    after_days: str
    templates: tuple[str, ...]
    has_hours: bool = False


MOMENTS: Final[dict[str, Moment]] = {
    "before_start": Moment(
        "Before the course", "before it begins", ("joining_instructions", "reminder"), True
    ),
    "after_end": Moment("After the course", "after it ends", ("thanks",), True),
    "names_missing": Moment("Names are missing", "before it begins", ("names_missing",), True),
    "certificate_expiry": Moment("A certificate expires", "before it expires", ("certificate_expiring",)),
}
MOST_DAYS: Final = 365
MOST_HOURS: Final = 23


@dataclass(frozen=True)
class Seed:
    """A rule that every new provider begins with."""

    name: str
    moment: str
    days: int
    template: str


SEEDS: Final = (
    Seed("Joining instructions, a week before", "before_start", 7, "joining_instructions"),
    Seed("Reminder, the day before", "before_start", 1, "reminder"),
    Seed("Thanks, the day after", "after_end", 1, "thanks"),
    Seed("Names missing, a week before", "names_missing", 7, "names_missing"),
    Seed("Names missing, two days before", "names_missing", 2, "names_missing"),
    Seed("Certificate expires in 90 days", "certificate_expiry", 90, "certificate_expiring"),
    Seed("Certificate expires in 60 days", "certificate_expiry", 60, "certificate_expiring"),
    Seed("Certificate expires in 30 days", "certificate_expiry", 30, "certificate_expiring"),
    Seed("Certificate expires in 7 days", "certificate_expiry", 7, "certificate_expiring"),
)


def say_distance(days: int, hours: int, moment: str) -> str:
    """The distance in words: "1 day before it begins", "2 days 3 hours after it ends"."""
    parts = [_count(days, "day")] if days or not hours else []
    parts += [_count(hours, "hour")] if hours else []
    return f"{' '.join(parts)} {MOMENTS[moment].after_days}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
