"""The waiting list of full dates: joining, offers in order, answers (the rule: docs/waiting-list.md)."""

from backoffice.services.waiting.answering import accept, decline, leave, remove
from backoffice.services.waiting.hours import offer_hours, set_offer_hours
from backoffice.services.waiting.joining import JoinIn, check_joinable, join, list_full_dates
from backoffice.services.waiting.lists import (
    DateLine,
    PartyLine,
    count_parties,
    list_dates,
    list_parties,
)
from backoffice.services.waiting.offering import close_date, look_after, offer_next, pick
from backoffice.services.waiting.standing import ahead_of, find, get, open_offer, url_of, wishes

__all__ = [
    "DateLine",
    "JoinIn",
    "PartyLine",
    "accept",
    "ahead_of",
    "check_joinable",
    "close_date",
    "count_parties",
    "decline",
    "find",
    "get",
    "join",
    "leave",
    "list_dates",
    "list_full_dates",
    "list_parties",
    "look_after",
    "offer_hours",
    "offer_next",
    "open_offer",
    "pick",
    "remove",
    "set_offer_hours",
    "url_of",
    "wishes",
]
