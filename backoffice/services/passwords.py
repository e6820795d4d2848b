"""Passwords: how they are kept, compared and judged."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

from backoffice.domain.errors import DomainError, Invalid

MINIMUM = 8
# Longer ones would only make the hash work; nobody types them.
MAXIMUM = 200

# Each hash takes its memory and a core: with more at a time a crowd at the sign-in page stops all other work.
AT_A_TIME = 2
PATIENCE_SECONDS = 10.0
_turns = threading.BoundedSemaphore(AT_A_TIME)

# What people choose first where a letter and a number are asked for; compared without case and last marks.
COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())


class Busy(DomainError):
    """Too many people sign in at this moment (503)."""

    def __init__(self) -> None:
        super().__init__("busy", "Many people are signing in. Please try again in a moment.", status=503)


@cache
def _hasher(is_test: bool) -> PasswordHasher:
    """OWASP's parameters for argon2id; tests sign in hundreds of times and need no strength."""
    if is_test:
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hasher() -> PasswordHasher:
    return _hasher(current_app.extensions["settings"].app_env == "test")


@cache
def _dummy(is_test: bool) -> str:
    return _hasher(is_test).hash("nobody has this password")


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE_SECONDS):
        raise Busy()
    try:
        yield
    finally:
        _turns.release()


def hash_password(password: str) -> str:
    """What the database keeps of a password. Raises Busy."""
    with _turn():
        return hasher().hash(_normal(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; without a stored one, no takes as long. Raises Busy."""
    known = stored or _dummy(current_app.extensions["settings"].app_env == "test")
    with _turn():
        try:
            return hasher().verify(known, _normal(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether the stored hash was made with other parameters than today's."""
    return hasher().check_needs_rehash(stored)


def check_strength(password: str, *, field: str = "password", about: tuple[str, ...] = ()) -> None:
    """Raise Invalid for a password that is too short, too plain or common; `about` are words of its owner."""
    if any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF for char in password):
        raise Invalid("characters", "The password contains a character that cannot be used.", field=field)
    if len(password) > MAXIMUM:
        raise Invalid("too_long", f"A password can be at most {MAXIMUM} characters long.", field=field)
    has_both = any(char.isalpha() for char in password) and any(char.isdigit() for char in password)
    if len(password) < MINIMUM or not has_both:
        raise Invalid("weak", f"Use at least {MINIMUM} characters, with letters and numbers.", field=field)
    if _is_common(password, about):
        raise Invalid("common", "Many people use this password. Choose one that nobody guesses.", field=field)


def _is_common(password: str, about: tuple[str, ...]) -> bool:
    plain = password.casefold()
    core = plain.rstrip("!.?*#$ ")
    if plain in COMMON or core in COMMON or len(set(plain)) < 4:
        return True
    return any(len(word) > 3 and core.rstrip("0123456789") == word.casefold() for word in about)


def _normal(password: str) -> str:
    """The same password from every keyboard: composed and decomposed letters are equal."""
    return unicodedata.normalize("NFKC", password)
