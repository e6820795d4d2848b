"""What a booker agrees to: the provider's terms and waivers, in versions, and who accepted which for what booking."""

from backoffice.services.terms.accepting import accept, accept_read_out, list_consents, missing_for
from backoffice.services.terms.reading import (
    KIND_WORDS,
    Text,
    current_for,
    find_current,
    find_draft,
    get_published,
    has_terms,
    list_published,
    list_versions,
)
from backoffice.services.terms.writing import Typed, begin, discard, publish, save

__all__ = [
    "KIND_WORDS",
    "Text",
    "Typed",
    "accept",
    "accept_read_out",
    "begin",
    "current_for",
    "discard",
    "find_current",
    "find_draft",
    "get_published",
    "has_terms",
    "list_consents",
    "list_published",
    "list_versions",
    "missing_for",
    "publish",
    "save",
]
