"""Keys that come in an address."""

from uuid import UUID

from backoffice.domain.errors import NotFound
from backoffice.services.reports.words import SOURCES


def known_key(dimension: str, key: str) -> str:
    """The key as the database writes it. Raises NotFound for what can be none."""
    if dimension == "source":
        if key in SOURCES:
            return key
        raise NotFound("There is no such source.")
    try:
        return str(UUID(key))
    except ValueError as error:
        raise NotFound("There is nothing of this name in the report.") from error
