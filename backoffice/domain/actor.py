"""Who does something: a signed-in user, a customer, a program or the house itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from backoffice.domain.errors import Forbidden
from backoffice.domain.permissions import RIGHTS, ROLES, may

KINDS = frozenset({"user", "customer", "system", "api", "import"})

# Work that no signed-in person stands behind: scheduled jobs, and imports from the command line.
_ROLE_OF_KIND = {"system": "admin", "import": "admin", "customer": "customer"}


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts, as services and the audit see them; `address` and `agent` are of the request."""

    kind: str
    user_id: UUID | None = None
    role: str | None = None
    name: str = ""
    address: str | None = None
    agent: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of actor: {self.kind}")
        if self.role is not None and self.role not in ROLES:
            raise ValueError(f"unknown role: {self.role}")

    def may(self, right: str) -> bool:
        """Whether the actor has the right; without a role, system and import have those of an admin."""
        return may(self.role or _ROLE_OF_KIND.get(self.kind), right)

    def require(self, right: str) -> None:
        """Raise Forbidden, naming the right in words, unless the actor has it."""
        if not self.may(right):
            raise Forbidden(f"Your role does not allow this ({RIGHTS[right].lower()}). Ask an administrator.")


SYSTEM = Actor("system", name="System")
