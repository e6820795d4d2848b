"""Everything the simulators know, in one SQLite database: documents by kind and account, replies, deliveries."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL,
    about TEXT NOT NULL, -- the id of what it belongs to: a refund's payment, a card's customer
    due REAL, -- when something happens to it by itself
    body TEXT NOT NULL,
    UNIQUE (account, kind, id)
);
CREATE INDEX IF NOT EXISTS documents_about ON documents (kind, about);
CREATE INDEX IF NOT EXISTS documents_id ON documents (kind, id);
CREATE INDEX IF NOT EXISTS documents_due ON documents (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS replies (
    account TEXT NOT NULL, key TEXT NOT NULL, asked TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, request_id TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL, account TEXT NOT NULL, about TEXT NOT NULL, kind TEXT NOT NULL,
    url TEXT NOT NULL, body TEXT NOT NULL, secret TEXT NOT NULL,
    state TEXT NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, answer TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
"""


class Store:
    """One connection behind one lock: every request is one transaction, one after the other."""

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.executescript(TABLES)

    def close(self) -> None:
        with self._lock:
            self.db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. One inside another belongs to the outer one."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self.db.execute("BEGIN IMMEDIATE")
                yield
                if self._depth == 1:
                    self.db.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self.db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def query(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self.db.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> int:
        """Change something; the number of rows it changed."""
        with self._lock:
            return self.db.execute(sql, values).rowcount

    def add(
        self, kind: str, account: str, body: Document, *, about: str = "", due: float | None = None
    ) -> Document:
        """Keep a new document under its own `id`."""
        self.run(
            "INSERT INTO documents (kind, id, account, about, due, body) VALUES (?, ?, ?, ?, ?, ?)",
            *(kind, str(body["id"]), account, about, due, json.dumps(body)),
        )
        return body

    def save(self, kind: str, account: str, body: Document) -> Document:
        """Keep it as it is now."""
        self.run(
            "UPDATE documents SET body = ? WHERE account = ? AND kind = ? AND id = ?",
            *(json.dumps(body), account, kind, str(body["id"])),
        )
        return body

    def set_due(self, kind: str, id_: str, due: float | None) -> None:
        self.run("UPDATE documents SET due = ? WHERE kind = ? AND id = ?", due, kind, id_)

    def find(self, kind: str, id_: str, account: str | None = None) -> Document | None:
        """By its id, in one account or in any."""
        rows = self.query("SELECT account, body FROM documents WHERE kind = ? AND id = ?", kind, str(id_))
        return next((json.loads(r["body"]) for r in rows if account in (None, r["account"])), None)

    def account_of(self, kind: str, id_: str) -> str:
        """Whose it is. Raises KeyError."""
        rows = self.query("SELECT account FROM documents WHERE kind = ? AND id = ?", kind, str(id_))
        if not rows:
            raise KeyError(id_)
        return str(rows[0]["account"])

    def every(self, kind: str, account: str | None = None, about: str | None = None) -> list[Document]:
        """Newest first."""
        sql, values = "SELECT body FROM documents WHERE kind = ?", [kind]
        for column, value in (("account", account), ("about", about)):
            if value is not None:
                sql += f" AND {column} = ?"  # noqa: S608 - one of two names written here
                values.append(value)
        return [json.loads(row["body"]) for row in self.query(sql + " ORDER BY seq DESC", *values)]

    def due(self, kind: str, now: float) -> list[tuple[str, Document]]:
        """What is to happen by now, with its account, the earliest first."""
        rows = self.query(
            "SELECT account, body FROM documents WHERE due <= ? AND kind = ? ORDER BY due", now, kind
        )
        return [(row["account"], json.loads(row["body"])) for row in rows]

    def accounts(self, kind: str) -> list[str]:
        return [
            row["account"]
            for row in self.query("SELECT DISTINCT account FROM documents WHERE kind = ?", kind)
        ]

    def next_number(self, name: str) -> int:
        """1, 2, 3 … for ids that are numbers."""
        row = self.find("counter", name)
        value = int(row["value"]) + 1 if row else 1
        document = {"id": name, "value": value}
        (self.save if row else self.add)("counter", "", document)
        return value

    def reset(self) -> None:
        with self.transaction():
            for table in ("documents", "replies", "deliveries"):
                self.run(f"DELETE FROM {table}")  # noqa: S608 - a name written here


def now() -> int:
    """Seconds, as the gateways write time."""
    return int(time.time())
