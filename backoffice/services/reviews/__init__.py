"""Reviews of those who were there: given by the link of the mail of thanks, looked at by the office, shown to the public."""

from backoffice.services.reviews.giving import (
    THANKS,
    Opinion,
    find_by_attendee,
    give,
    opinion_of,
    url_for_message,
    why_closed,
)
from backoffice.services.reviews.links import find_attendee
from backoffice.services.reviews.moderating import hide, show
from backoffice.services.reviews.reading import Said, Summary, count_waiting, of_course

__all__ = [
    "THANKS",
    "Opinion",
    "Said",
    "Summary",
    "count_waiting",
    "find_attendee",
    "find_by_attendee",
    "give",
    "hide",
    "of_course",
    "opinion_of",
    "show",
    "url_for_message",
    "why_closed",
]
