"""The chain over the audit: links are added after the entries are committed, so that no entry waits for another.

A link's digest covers the link before it and every column of its entry. Numbers have no gaps, and the signed head
says where the chain ends. What the owner of the database changes, removes, swaps, adds or cuts off shows in `verify`;
only somebody who also has the keys, or puts a whole older state of the tables back, could hide it. Against the last,
keep the heads that the log and `flask audit verify` show.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from backoffice.database import db
from backoffice.models import AuditEvent, AuditHead, AuditSeal
from backoffice.services.audit_proof import canonical, entry_bytes, keys
from backoffice.tenancy import current_tenant_id

log = logging.getLogger(__name__)

# A line of either table as the driver gives it: column → value.
Row = RowMapping
EVENTS = AuditEvent.__table__
SEALS = AuditSeal.__table__
MOST_AT_ONCE = 2000
BATCH = 1000


class ChainBroken(RuntimeError):
    """The end of the chain is not what its head says: adding to it would cover the traces."""


# --- Sealing ---


def oldest_id(since: datetime) -> UUID:
    """The smallest UUIDv7 of that instant: entries are looked for from there on."""
    milliseconds = int(since.timestamp() * 1000)
    return UUID(int=milliseconds << 80)


def seal(oldest: UUID) -> int:
    """Chain this tenant's committed, unsealed entries from that id on; how many. Raises ChainBroken.

    Two sealers wait for each other at the head's row, and the second finds nothing left. Commit at once.
    """
    head = _lock_head()
    _check_head(head)
    entries = db.session.execute(_unsealed(oldest).limit(MOST_AT_ONCE)).mappings().all()
    if not entries:
        return 0
    links, proof = _links(entries, head.number, head.seal_proof)
    db.session.execute(insert(AuditSeal), links)
    _move_head(head.number + len(links), proof)
    return len(links)


def _lock_head() -> AuditHead:
    tenant_id = current_tenant_id()
    db.session.execute(upsert(AuditHead).values(tenant_id=tenant_id).on_conflict_do_nothing())
    return db.session.scalars(
        select(AuditHead)
        .where(AuditHead.tenant_id == tenant_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _check_head(head: AuditHead) -> None:
    mine = select(SEALS).where(SEALS.c.tenant_id == current_tenant_id())
    last = db.session.execute(mine.order_by(SEALS.c.number.desc()).limit(1)).mappings().first()
    if not _head_fits(head, last):
        raise ChainBroken("The audit's chain does not end where its head says: run `flask audit verify`.")


def _head_fits(head: AuditHead, last: Row | None) -> bool:
    if last is None:
        return head.number == 0 and head.proof == ""
    is_end = head.number == last["number"] and head.seal_proof == _proof_of(last)
    return is_end and _is_signed(head)


def _is_signed(head: AuditHead) -> bool:
    return keys().fits(head.proof, _head_bytes(head.number, head.seal_proof))


def _unsealed(oldest: UUID) -> Any:
    sealed = exists().where(SEALS.c.tenant_id == EVENTS.c.tenant_id, SEALS.c.event_id == EVENTS.c.id)
    return (
        select(EVENTS)
        .where(EVENTS.c.tenant_id == current_tenant_id(), EVENTS.c.id >= oldest, ~sealed)
        .order_by(EVENTS.c.id)
    )


def _links(entries: Iterable[Row], last: int, previous: str) -> tuple[list[dict[str, Any]], str]:
    links = []
    for number, entry in enumerate(entries, last + 1):
        previous = keys().sign(_link_bytes(previous, number, entry))
        key_id, _, digest = previous.partition(":")
        links.append(
            {
                "tenant_id": entry["tenant_id"],
                "number": number,
                "event_id": entry["id"],
                "digest": bytes.fromhex(digest),
                "key_id": key_id,
            }
        )
    return links, previous


def _move_head(number: int, seal_proof: str) -> None:
    proof = keys().sign(_head_bytes(number, seal_proof))
    db.session.execute(
        update(AuditHead)
        .where(AuditHead.tenant_id == current_tenant_id())
        .values(number=number, seal_proof=seal_proof, proof=proof, sealed_at=func.now())
    )
    log.info("audit sealed", extra={"number": number, "seal": seal_proof})


def _link_bytes(previous: str, number: int, entry: Row) -> bytes:
    return b"\n".join((previous.encode(), str(number).encode(), canonical(entry)))


def _head_bytes(number: int, seal_proof: str) -> bytes:
    return canonical({"head_of": current_tenant_id(), "number": number, "seal": seal_proof})


def _proof_of(link: Row) -> str:
    return f"{link['key_id']}:{link['digest'].hex()}"


# --- Verifying ---


@dataclass(frozen=True)
class Finding:
    """One place where the audit is not what was written; `number` is the link's, None outside the chain."""

    number: int | None
    event_id: UUID | None
    what: str

    def __str__(self) -> str:
        where = f"seal {self.number}" if self.number is not None else "not sealed"
        return f"{where}, entry {self.event_id}: {self.what}" if self.event_id else f"{where}: {self.what}"


@dataclass
class Verdict:
    """What `verify` found in one tenant."""

    sealed: int = 0
    unsealed: int = 0
    head: str = ""
    findings: list[Finding] = field(default_factory=list)

    def note(self, number: int | None, event_id: UUID | None, what: str) -> None:
        self.findings.append(Finding(number, event_id, what))


def verify() -> Verdict:
    """Check every entry and every link of this tenant. The transaction must be REPEATABLE READ while others seal."""
    verdict = Verdict()
    last = _verify_chain(verdict)
    _verify_head(verdict, last)
    _verify_unsealed(verdict)
    return verdict


def _verify_chain(verdict: Verdict) -> Row | None:
    last, previous, expected = None, "", 1
    for link, entry in _chain():
        if link["number"] != expected:
            verdict.note(expected, None, f"the links up to {link['number'] - 1} are missing")
        problem = _problem(link, entry, previous)
        if problem:
            verdict.note(link["number"], link["event_id"], problem)
        last, previous, expected = link, _proof_of(link), link["number"] + 1
        verdict.sealed += 1
    return last


def _chain() -> Iterator[tuple[Row, Row | None]]:
    """Each link with its entry, or None where the entry is gone; read in batches."""
    number = 0
    while links := _next_links(number):
        ids = [link["event_id"] for link in links]
        rows = db.session.execute(
            select(EVENTS).where(EVENTS.c.tenant_id == current_tenant_id(), EVENTS.c.id.in_(ids))
        )
        entries = {row["id"]: row for row in rows.mappings()}
        yield from ((link, entries.get(link["event_id"])) for link in links)
        number = links[-1]["number"]


def _next_links(after: int) -> list[Row]:
    mine = SEALS.c.tenant_id == current_tenant_id()
    statement = select(SEALS).where(mine, SEALS.c.number > after).order_by(SEALS.c.number).limit(BATCH)
    return list(db.session.execute(statement).mappings())


def _problem(link: Row, entry: Row | None, previous: str) -> str | None:
    if entry is None:
        return "the entry is missing"
    if not keys().knows(_proof_of(link)):
        return f"sealed with the key {link['key_id']}, which is not in ENCRYPTION_KEYS: put it back to check"
    if not _is_genuine(entry):
        return "the entry was changed, or not written by the program"
    if not keys().fits(_proof_of(link), _link_bytes(previous, link["number"], entry)):
        return "the entry, its place or its seal was changed"
    return None


def _is_genuine(entry: Row) -> bool:
    return keys().fits(entry["proof"] or "", entry_bytes(entry))


def _verify_head(verdict: Verdict, last: Row | None) -> None:
    head = db.session.scalar(select(AuditHead).where(AuditHead.tenant_id == current_tenant_id()))
    end = last["number"] if last else 0
    if head is None or head.number == 0:
        if last:
            verdict.note(end, None, "the head of the chain is missing")
        return
    verdict.head = f"{head.number} {head.seal_proof}"
    if not keys().knows(head.proof):
        verdict.note(None, None, "the head was signed with a key that is not in ENCRYPTION_KEYS")
    elif not _is_signed(head):
        verdict.note(
            None, None, f"the head of the chain was changed: it says that {head.number} is the last link"
        )
    elif head.number > end:
        verdict.note(end + 1, None, f"the links up to {head.number} were cut off")
    elif not _head_fits(head, last):
        verdict.note(head.number + 1, None, "links were added behind the head")


def _verify_unsealed(verdict: Verdict) -> None:
    oldest = UUID(int=0)
    while rows := db.session.execute(_unsealed(oldest).limit(BATCH)).mappings().all():
        for entry in rows:
            if not _is_genuine(entry):
                verdict.note(None, entry["id"], "the entry was changed, or not written by the program")
        verdict.unsealed += len(rows)
        oldest = UUID(int=rows[-1]["id"].int + 1)
