"""A form as it was sent: what was typed, shown again, and what is wrong with it, by field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import request

from backoffice.domain.errors import DomainError, Invalid

# The longest text that is worth reading; the service says what is allowed.
LONGEST = 3000


@dataclass
class Typed:
    """`values` and `problems` by the name of the field; `refusal` is what no field is to blame for."""

    values: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    refusal: str = ""

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    def refuse(self, error: DomainError) -> int:
        """Put what a service said where the reader looks for it; the status of the answer."""
        known = {
            name: text for name, text in getattr(error, "fields", {}).items() if name in self.values
        } or ({error.field: error.message} if error.field in self.values else {})
        self.problems |= {str(name): text for name, text in known.items()}
        self.refusal = "" if known and isinstance(error, Invalid) else error.message
        return error.status


def read(names: Iterable[str]) -> Typed:
    """These fields of the form that was sent, without the spaces around them."""
    return Typed({name: request.form.get(name, "")[:LONGEST].strip() for name in names})
