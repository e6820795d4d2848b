"""Encryption of what must not be read from a stolen database: birth dates, requirements, notes, keys.

AES-256-GCM; the ciphertext names its key and is bound to tenant, table, row and column, so that one copied to another row does
not open. The first of ENCRYPTION_KEYS seals, all of them open; a key's id is the beginning of its digest.
"""

import base64
import hashlib
import os
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from backoffice.tenancy import current_tenant_id

NONCE_BYTES = 12


class CannotOpen(RuntimeError):
    """The ciphertext belongs to another row, was changed, or its key is gone from ENCRYPTION_KEYS."""


class Keyring:
    """The keys of this installation: the first seals, every one opens."""

    def __init__(self, written: Sequence[str]) -> None:
        raw = [base64.urlsafe_b64decode(key) for key in written]
        self._keys = {_key_id(key): AESGCM(key) for key in raw}
        self._current = _key_id(raw[0])

    def seal(self, plain: str, bound_to: str) -> str:
        """Encrypt text for the place named by `bound_to`."""
        nonce = os.urandom(NONCE_BYTES)
        box = self._keys[self._current].encrypt(nonce, plain.encode(), bound_to.encode())
        return f"{self._current}:{base64.urlsafe_b64encode(nonce + box).decode()}"

    def open(self, sealed: str, bound_to: str) -> str:
        """Decrypt; raises CannotOpen."""
        key_id, _, box = sealed.partition(":")
        key = self._keys.get(key_id)
        if key is None:
            raise CannotOpen(f"The key {key_id} is not in ENCRYPTION_KEYS.")
        raw = base64.urlsafe_b64decode(box)
        try:
            return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
        except InvalidTag as error:
            raise CannotOpen("This value was sealed for another place, or was changed.") from error


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def keyring() -> Keyring:
    """The running program's keys."""
    return current_app.extensions["keyring"]


def place(table: str, row_id: UUID, column: str) -> str:
    """The place a ciphertext is bound to, within the current tenant."""
    return f"{current_tenant_id()}/{table}/{row_id}/{column}"


def seal_for(table: str, row_id: UUID, column: str, plain: str | None) -> str | None:
    """Encrypt a value for one column of one row; None and "" stay None."""
    return keyring().seal(plain, place(table, row_id, column)) if plain else None


class Sealed:
    """An attribute whose column holds ciphertext: `birth_date = Sealed("birth_date_sealed")`."""

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        if sealed is None:
            return None
        return keyring().open(sealed, place(row.__tablename__, row.id, self.column))

    def __set__(self, row: Any, plain: str | None) -> None:
        setattr(row, self.column, seal_for(row.__tablename__, row.id, self.column, plain))
