"""The keys and the bytes behind "nobody changed this afterwards".

The keys are derived from ENCRYPTION_KEYS, which the database never sees: its owner can change rows, and cannot make
a digest that fits. The first key signs; a digest names its key, so that the others, kept after a rotation, still
check what they signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

KEY_ID_LENGTH = 8
# What the database adds by itself; the seal covers it as well.
ADDED_LATER = ("happened_at", "proof")


class Keys:
    """The signing keys of this installation, by id; the first signs."""

    def __init__(self, written: tuple[str, ...]) -> None:
        derived = [_derive(base64.urlsafe_b64decode(key)) for key in written]
        self._by_id = {hashlib.sha256(key).hexdigest()[:KEY_ID_LENGTH]: key for key in derived}
        self.current = next(iter(self._by_id))

    def sign(self, data: bytes) -> str:
        """The digest of `data` as "key id:hex", by the first key."""
        return f"{self.current}:{self._digest(self.current, data)}"

    def fits(self, signature: str, data: bytes) -> bool:
        """Whether the signature was made from these very bytes by one of our keys."""
        key_id, _, digest = signature.partition(":")
        return key_id in self._by_id and hmac.compare_digest(self._digest(key_id, data), digest)

    def knows(self, signature: str) -> bool:
        """Whether the key that made the signature is still in ENCRYPTION_KEYS."""
        return signature.partition(":")[0] in self._by_id

    def _digest(self, key_id: str, data: bytes) -> str:
        return hmac.new(self._by_id[key_id], data, hashlib.sha256).hexdigest()


def _derive(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"audit seals").derive(key)


def keys() -> Keys:
    """The running program's."""
    extensions = current_app.extensions
    if "audit_keys" not in extensions:
        extensions["audit_keys"] = Keys(extensions["settings"].encryption_keys)
    return extensions["audit_keys"]


def canonical(values: Mapping[Any, Any]) -> bytes:
    """The values as bytes that are always the same. Empty columns are left out: one that is added later is empty."""
    plain = {key: _plain(value) for key, value in values.items() if value is not None}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    """As it comes back from the database: 1.0 as 1, an instant in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def entry_bytes(entry: Mapping[Any, Any]) -> bytes:
    """What the program says of an entry when it writes it."""
    return canonical({key: value for key, value in entry.items() if key not in ADDED_LATER})
