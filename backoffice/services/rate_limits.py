"""How often somebody may fail. Counted in Redis for all processes; without Redis, each counts alone."""

import hashlib
import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import current_app
from limits.storage import MemoryStorage, RedisStorage
from redis import ConnectionPool, RedisError

from backoffice.domain.errors import DomainError
from backoffice.tenancy import current_tenant_id

log = logging.getLogger(__name__)

T = TypeVar("T")

WINDOW_SECONDS = 300
PER_ACCOUNT = 10
PER_ADDRESS = 50
# Whoever checks certificates: a stack of paper takes a person longer, a program that guesses does not.
CHECKS_PER_MINUTE = 30
# On the public site's booking pages, in five minutes.
HOLDS_PER_ADDRESS = 60
CHANGES_PER_ADDRESS = 300
# An office that asks for several courses sends a few forms in an hour; a flood is more.
REQUESTS_PER_ADDRESS = 10
REQUESTS_PER_EMAIL = 4
REQUESTS_SECONDS = 3600
# Whoever types into the public catalogue's search; a school behind one address has several at once.
SEARCHES_PER_MINUTE = 120
# How long Redis is left alone after it did not answer: a page must not wait for it again and again.
REST_SECONDS = 15.0
TIMEOUT_SECONDS = 0.3


class TooMany(DomainError):
    """Too many failures (429); `seconds` says when the next try makes sense."""

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // 60))
        words = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__("too_many", f"Too many tries. Wait {words}, then try again.", status=429)
        self.seconds = max(1, seconds)


@dataclass(frozen=True)
class Limit:
    """At most `amount` failures under `key` in a window that the first one opens."""

    key: str
    amount: int
    seconds: int = WINDOW_SECONDS


class Counters:
    """Counters that expire: in Redis, and in this process's memory while Redis is away."""

    def __init__(self, redis_url: str) -> None:
        pool = ConnectionPool.from_url(
            redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._redis = RedisStorage("redis://", connection_pool=pool)
        self._memory = MemoryStorage()
        self._rests_until = 0.0

    def add(self, key: str, amount: int, seconds: int = WINDOW_SECONDS) -> int:
        """Raise the counter and return its value; a counter ends so many seconds after it began."""
        return self._ask(lambda storage: storage.incr(key, seconds, amount))

    def value(self, key: str) -> int:
        return self._ask(lambda storage: storage.get(key))

    def seconds_left(self, key: str) -> int:
        return max(0, round(self._ask(lambda storage: storage.get_expiry(key)) - time.time()))

    def _ask(self, question: Callable[[RedisStorage | MemoryStorage], T]) -> T:
        if time.monotonic() < self._rests_until:
            return question(self._memory)
        try:
            return question(self._redis)
        except RedisError as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("failures are counted in memory", extra={"cause": str(error)})
            return question(self._memory)


def counters() -> Counters:
    """The running program's counters."""
    return current_app.extensions["rate_limits"]


def sign_in_limits(email: str, address: str | None) -> tuple[Limit, ...]:
    """The limits of one try to sign in: of the account, known or not, and of where it comes from."""
    return (
        Limit(_key("sign-in/account", email.strip().casefold()), PER_ACCOUNT),
        Limit(_key("sign-in/address", network_of(address)), PER_ADDRESS),
    )


def mail_limits(email: str, address: str | None) -> tuple[Limit, ...]:
    """The limits of asking for a mail with a link: nobody's inbox is filled from outside."""
    return (
        Limit(_key("mail/account", email.strip().casefold()), 3),
        Limit(_key("mail/address", network_of(address)), 20),
    )


def payment_limits(subject: object, address: str | None, phone: str | None = None) -> tuple[Limit, ...]:
    """The limits of starting to pay: of what is paid, of where it comes from, and of the telephone that rings."""
    found = (
        Limit(_key("pay/subject", str(subject)), 20),
        Limit(_key("pay/address", network_of(address)), 40),
    )
    return (*found, Limit(_key("pay/phone", phone), 5)) if phone else found


def look_limits(kind: str, address: str | None) -> tuple[Limit, ...]:
    """The limits of asking something of a payment from one address: guessing a link, coming back from a gateway."""
    return (Limit(_key(f"pay/{kind}", network_of(address)), PER_ADDRESS),)


def check_limits(address: str | None) -> tuple[Limit, ...]:
    """The limit of checking certificates from one address, right or wrong."""
    return (Limit(_key("verify/address", network_of(address)), CHECKS_PER_MINUTE, 60),)


def request_limits(email: str, address: str | None) -> tuple[Limit, ...]:
    """The limits of companies' requests: of where they come from, and of the inbox that each one sends a mail to."""
    return (
        Limit(_key("request/address", network_of(address)), REQUESTS_PER_ADDRESS, REQUESTS_SECONDS),
        Limit(_key("request/email", email.strip().casefold()), REQUESTS_PER_EMAIL, REQUESTS_SECONDS),
    )


def search_limits(address: str | None) -> tuple[Limit, ...]:
    """The limit of searching the public catalogue by one's own words from one address."""
    return (Limit(_key("search/address", network_of(address)), SEARCHES_PER_MINUTE, 60),)


def waiting_limits(email: str, address: str | None) -> tuple[Limit, ...]:
    """The limits of joining waiting lists: of where it comes from, and of the inbox that each join sends a mail to."""
    return (
        Limit(_key("waiting/address", network_of(address)), REQUESTS_PER_ADDRESS, REQUESTS_SECONDS),
        Limit(_key("waiting/email", email.strip().casefold()), REQUESTS_PER_EMAIL, REQUESTS_SECONDS),
    )


def take(limits: tuple[Limit, ...]) -> None:
    """Count a try before it is made, so that many at once cannot slip through. Raises TooMany."""
    for number, limit in enumerate(limits):
        if counters().add(limit.key, 1, limit.seconds) > limit.amount:
            give_back(limits[: number + 1])
            raise TooMany(counters().seconds_left(limit.key) or limit.seconds)


def give_back(limits: tuple[Limit, ...]) -> None:
    """The try succeeded, or was not made: it does not count."""
    for limit in limits:
        counters().add(limit.key, -1, limit.seconds)


def _key(kind: str, what: str) -> str:
    digest = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{current_tenant_id()}/{kind}/{digest}"


def network_of(address: str | None) -> str:
    """The address; of an IPv6 one its network, since one household or attacker has all of that."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def hold_limits(address: str | None) -> tuple[Limit, ...]:
    """The limit of asking for places on the public site from one address: an office books for many, nobody that often."""
    return (Limit(_key("hold/address", network_of(address)), HOLDS_PER_ADDRESS),)


def code_limits(address: str | None) -> tuple[Limit, ...]:
    """The limit of discount codes that do not work, from one address."""
    return (Limit(_key("code/address", network_of(address)), PER_ACCOUNT),)


def price_limits(address: str | None) -> tuple[Limit, ...]:
    """The limit of changing what was typed on the booking pages from one address."""
    return (Limit(_key("price/address", network_of(address)), CHANGES_PER_ADDRESS),)
