"""Brings messages to webhooks: at once, late, twice, in another order or never; again after a failure."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from simulators.faults import Faults
from simulators.store import Store

# Seconds until the next attempt. The real ones wait for minutes and hours (Stripe: three days in all).
PAUSES = {"stripe": (1, 2, 4, 8, 15, 30, *[60] * 30), "flutterwave": (5, 15, 30), "mpesa": ()}
ANSWER_SECONDS = 20
TICK_SECONDS = 0.5
THREADS = 8

log = logging.getLogger("simulators")


@dataclass(frozen=True)
class Telling:
    """How the receiver hears of something."""

    delay: float = 0.0
    copies: int = 1

    @classmethod
    def named(cls, name: str, seconds: float | None = None) -> Telling:
        """ "now", "late", "twice" or "never". Raises ValueError."""
        wanted = {
            "now": cls(),
            "late": cls(delay=30.0 if seconds is None else seconds),
            "twice": cls(copies=2),
            "never": cls(copies=0),
        }
        if name not in wanted:
            raise ValueError(f"tell is one of {', '.join(wanted)}.")
        return wanted[name]


AT_ONCE = Telling()


@dataclass(frozen=True)
class Parcel:
    """One message to one address."""

    gateway: str
    account: str
    about: str
    kind: str
    url: str
    body: str
    secret: str = ""


class Courier:
    """A thread that looks what is due, and a few that carry it."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self.store, self.faults = store, faults
        self.ticks: list[Callable[[], None]] = []
        self._wake, self._ended = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, "courier")
        self._thread = threading.Thread(target=self._go, name="courier", daemon=True)

    def start(self) -> None:
        self.store.run("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._wake.set()
        self._thread.join(5)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def promise(self, parcel: Parcel, telling: Telling = AT_ONCE) -> None:
        """Within the transaction of what it tells. Nothing is sent before that is committed."""
        if random.random() < self.faults.lost_webhooks:  # noqa: S311 - play money
            return
        state = "held" if self.faults.hold_webhooks else "waiting"
        for _ in range(telling.copies + (self.faults.duplicate if telling.copies else 0)):
            jitter = random.random() if self.faults.shuffle else 0.0  # noqa: S311 - play money
            self._add(parcel, state, time.time() + telling.delay + jitter)
        self._wake.set()

    def _add(self, parcel: Parcel, state: str, due: float) -> None:
        self.store.run(
            "INSERT INTO deliveries (gateway, account, about, kind, url, body, secret, state, due)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(parcel.gateway, parcel.account, parcel.about, parcel.kind),
            *(parcel.url, parcel.body, parcel.secret, state, due),
        )

    def release(self, *, shuffle: bool = False, copies: int = 1) -> int:
        """Send what was held; the number of messages."""
        with self.store.transaction():
            held = self.store.query("SELECT * FROM deliveries WHERE state = 'held' ORDER BY id")
            order = random.sample(held, len(held)) if shuffle else held
            for position, row in enumerate(order):
                due = time.time() + position / 1000
                self.store.run(
                    "UPDATE deliveries SET state = 'waiting', due = ? WHERE id = ?", due, row["id"]
                )
                for _ in range(copies - 1):
                    self._add(_parcel(row), "waiting", due + random.random() * shuffle)  # noqa: S311
        self._wake.set()
        return len(held) * copies

    def take(self) -> list[dict[str, Any]]:
        """What is held, with the headers that it would have now, for a test that carries it itself."""
        with self.store.transaction():
            held = self.store.query("SELECT * FROM deliveries WHERE state = 'held' ORDER BY id")
            self.store.run("UPDATE deliveries SET state = 'taken' WHERE state = 'held'")
        return [
            {"url": row["url"], "kind": row["kind"], "body": row["body"], "headers": headers_of(row)}
            for row in held
        ]

    def open_count(self) -> int:
        """Messages that are due or under way."""
        rows = self.store.query(
            "SELECT count(*) FROM deliveries WHERE state = 'sending' OR (state = 'waiting' AND due <= ?)",
            time.time() + 1.0,
        )
        return int(rows[0][0])

    def _go(self) -> None:
        while not self._ended.is_set():
            try:
                for tick in self.ticks:
                    tick()
                self._send_due()
            except Exception:
                log.exception("the courier stumbled")
            self._wake.wait(self._pause())
            self._wake.clear()

    def _pause(self) -> float:
        rows = self.store.query("SELECT min(due) FROM deliveries WHERE state = 'waiting'")
        due = rows[0][0]
        return TICK_SECONDS if due is None else max(0.005, min(TICK_SECONDS, due - time.time()))

    def _send_due(self) -> None:
        with self.store.transaction():
            due = self.store.query(
                "SELECT * FROM deliveries WHERE state = 'waiting' AND due <= ? ORDER BY due, id LIMIT 200",
                time.time(),
            )
            for row in due:
                self.store.run("UPDATE deliveries SET state = 'sending' WHERE id = ?", row["id"])
        for row in due:
            self._pool.submit(self._carry, row)

    def _carry(self, row: sqlite3.Row) -> None:
        answer = send(row)
        pauses = PAUSES[row["gateway"]]
        is_taken = answer.startswith("2")
        state = "done" if is_taken else "waiting" if row["attempts"] < len(pauses) else "given up"
        due = time.time() + (pauses[row["attempts"]] if state == "waiting" else 0)
        self.store.run(
            "UPDATE deliveries SET state = ?, due = ?, attempts = attempts + 1, answer = ? WHERE id = ?",
            *(state, due, answer, row["id"]),
        )


def send(row: sqlite3.Row) -> str:
    """The status that it was answered with, or what went wrong."""
    url, host = _reachable(row["url"])
    headers = {**headers_of(row), **({"Host": host} if host else {})}
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy knows no address of this machine
            body = row["body"].encode()
            reply = session.post(
                url, data=body, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False
            )
            return str(reply.status_code)
    except requests.RequestException as error:
        return type(error).__name__


def headers_of(row: sqlite3.Row) -> dict[str, str]:
    """Made anew for each attempt: Stripe signs the time of sending."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Simulator of gateways"}
    if row["gateway"] == "stripe":
        headers["Stripe-Signature"] = sign(row["body"], row["secret"], int(time.time()))
    if row["gateway"] == "flutterwave":
        headers["verif-hash"] = row["secret"]
    return headers


def sign(body: str, secret: str, at: int) -> str:
    """Stripe's scheme: https://docs.stripe.com/webhooks#verify-manually."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _reachable(url: str) -> tuple[str, str | None]:
    """Not every machine finds the names under localhost: connect to it by number and say the name."""
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url, None
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), parts.netloc


def _parcel(row: sqlite3.Row) -> Parcel:
    names = ("gateway", "account", "about", "kind", "url", "body", "secret")
    return Parcel(**{name: row[name] for name in names})


def as_json(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
