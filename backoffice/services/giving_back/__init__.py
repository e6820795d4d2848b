"""Money back in one act: which payments it comes from, which way it goes, and whether places end with it."""

from backoffice.services.giving_back.acting import (
    CANCELLABLE,
    WHOLE_ONLY,
    GiveBack,
    find_next_try,
    give_back,
    route_of,
    send,
    try_again,
)
from backoffice.services.giving_back.sources import (
    Source,
    by_policy,
    left_minor,
    lines_of,
    sources_of,
    sources_of_payment,
)

__all__ = [
    "CANCELLABLE",
    "WHOLE_ONLY",
    "GiveBack",
    "Source",
    "by_policy",
    "find_next_try",
    "give_back",
    "left_minor",
    "lines_of",
    "route_of",
    "send",
    "sources_of",
    "sources_of_payment",
    "try_again",
]
