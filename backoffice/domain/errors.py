"""The refusals that people are shown, each with a code for programs and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping

from backoffice.domain.constraints import CONSTRAINTS as CONSTRAINTS


class DomainError(Exception):
    """A refusal with a stable code for programs and a sentence for people; `status` is the HTTP answer."""

    def __init__(self, code: str, message: str, *, field: str | None = None, status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status


class Invalid(DomainError):
    """What was entered cannot be used (422). `.fields` maps each field to its sentence."""

    def __init__(
        self, code: str, message: str, *, field: str | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, message, field=field, status=422)
        self.fields: dict[str, str] = dict(fields or ({field: message} if field else {}))

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Invalid:
        """One error for several fields at once; raises ValueError when there is none."""
        if not fields:
            raise ValueError("an Invalid needs at least one field")
        first, sentence = next(iter(fields.items()))
        message = sentence if len(fields) == 1 else f"{len(fields)} fields need another look."
        return cls("invalid", message, field=first, fields=fields)


class Refused(DomainError):
    """A rule of the house stands against it (409)."""

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(code, message, field=field, status=409)


class Forbidden(DomainError):
    """The actor has no right to do this (403)."""

    def __init__(self, message: str = "Your role does not allow this. Ask an administrator.") -> None:
        super().__init__("forbidden", message, status=403)


class NotFound(DomainError):
    """There is no such record, or it is not the asker's to see (404; the two must look the same)."""

    def __init__(self, message: str = "This record does not exist.") -> None:
        super().__init__("not_found", message, status=404)


class Changed(DomainError):
    """Somebody else saved the record first (409); the newer version must not be lost."""

    def __init__(
        self,
        message: str = "Somebody else changed this meanwhile. Reload the page, then make your change again.",
    ) -> None:
        super().__init__("changed", message, status=409)


_DUPLICATE = "There is already a record like this: use that one, or change what you entered."
_UNKNOWN = (
    "This does not fit the other records and was not saved. Reload the page and check what you entered."
)


def sentence_for_foreign_key() -> str:
    """What to say when a row that others point to was to be removed."""
    return "This record is in use and cannot be removed"


def from_constraint(name: str) -> DomainError:
    """The refusal for a violated database constraint; an unknown name gives a general sentence, never SQL."""
    if name in CONSTRAINTS:
        code, sentence, field = CONSTRAINTS[name]
        return Refused(code, sentence, field=field)
    if name.startswith("fk_"):
        return Refused("in_use", sentence_for_foreign_key())
    if name.startswith("uq_"):
        return Refused("duplicate", _DUPLICATE)
    return Refused("not_saved", _UNKNOWN)
