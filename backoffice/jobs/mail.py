"""Sending queued messages: claim some, write them, hand each over, note each outcome.

At least once: whoever dies between the mail server's yes and the commit has that one mail sent twice, with one
Message-ID. What is claimed together is handed over one by one, so that a death doubles one mail and not a batch.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import DBAPIError

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.gateways import mail as gateway
from backoffice.gateways.mail import MailDelayed, MailRefused
from backoffice.jobs import doorbell
from backoffice.jobs.trouble import sentence_of
from backoffice.services import letters, messages, sending
from backoffice.services.letters import Written
from backoffice.services.sending import Claimed
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

# Those that are written already; None: events overtook that one.
Letters = Mapping[UUID, Written | None]

WORN_OUT = "Every try ended without an answer, as when the worker itself dies."
# No mail is begun later than this after its claim: the claim holds for the one in hand.
TURN_SECONDS = 10.0
# A letter that was written longer ago than this is written anew: its booking may have moved on.
FRESH_SECONDS = 2.0


def send_messages(tenant_id: str, *message_ids: str) -> None:
    """Send these messages of a provider, those that are still to be sent."""
    with tenant_scope(UUID(tenant_id)):
        ids = [UUID(each) for each in message_ids]
        until = time.monotonic() + TURN_SECONDS
        claimed = commit_once(lambda: sending.claim_new(ids))
        rest = _send_all(claimed, until)
        known = {each.id for each in claimed}
        for message_id in (each for each in ids if each not in known):
            if _is_over(until):
                break
            _send_tried(message_id)
    if rest:
        doorbell.ring_round(UUID(tenant_id))


def send_round(tenant_id: str) -> None:
    """Send some of what is due of a provider; for the rest of it, take a new place at the end of the queue.

    So whoever has a heap of mails lets the others' in between.
    """
    with tenant_scope(UUID(tenant_id)):
        has_more = _send_some(time.monotonic() + TURN_SECONDS)
    if has_more:
        doorbell.ring_round(UUID(tenant_id))


def _send_some(until: float) -> bool:
    """Whether there may be more to send."""
    claimed = commit_once(sending.claim_new)
    rest = _send_all(claimed, until)
    if rest or len(claimed) == sending.AT_ONCE:
        return True
    while not _is_over(until):
        tried = commit_once(sending.claim_tried)
        if not tried:
            return False
        _send_all(tried, until)
    return True


def _send_tried(message_id: UUID) -> None:
    """One that was tried before, if it is due."""
    tries = commit_once(lambda: messages.claim(message_id))
    if tries:
        _send(Claimed(message_id, tries), {})


def _send_all(claimed: Sequence[Claimed], until: float) -> Sequence[Claimed]:
    """Send them in turn; those whose turn did not come are given back and returned."""
    written, written_at = _write_together(claimed), time.monotonic()
    for number, each in enumerate(claimed):
        if number and _is_over(until):
            rest = claimed[number:]
            commit_once(lambda: sending.give_back(rest))  # noqa: B023 - called at once
            return rest
        is_fresh = time.monotonic() - written_at < FRESH_SECONDS
        _send(each, written if is_fresh else {})
    return ()


def _is_over(until: float) -> bool:
    """When the time is up, or the worker was told to stop."""
    stop = current_app.extensions.get("worker_stop")
    return time.monotonic() > until or bool(stop and stop.is_set())


def _write_together(claimed: Sequence[Claimed]) -> Letters:
    """The letters of a batch, read together. None at all if one cannot be written: alone it will show itself."""
    ids = [each.id for each in claimed if each.tries <= messages.MAXIMUM_TRIES]
    if len(ids) < 2:
        return {}
    try:
        return commit_once(lambda: letters.write_many(ids))
    except Exception as error:
        db.session.rollback()
        log.info("letters are written one by one", extra={"cause": type(error).__name__})
        return {}


def _send(claimed: Claimed, known: Letters) -> None:
    message_id = claimed.id
    if claimed.tries > messages.MAXIMUM_TRIES:
        _fail(message_id, WORN_OUT)
        return
    try:
        is_known = message_id in known
        written = known[message_id] if is_known else commit_once(lambda: letters.write(message_id))
        if written is None:
            return
        gateway.send(written.letter)
        _note_sent(claimed, written)
    except MailDelayed as error:
        _postpone(message_id, str(error))
    except (MailRefused, DomainError) as error:
        _fail(message_id, str(error))
    except DBAPIError:
        raise  # the row cannot be written now either; it is due again when the claim runs out
    except Exception as error:
        log.exception("message not written", extra={"message_id": message_id})
        _postpone(message_id, sentence_of(error))


def _note_sent(claimed: Claimed, written: Written) -> None:
    commit_once(lambda: messages.mark_sent(claimed.id, **written.to_keep))
    log.info("message sent", extra={"message_id": claimed.id, "tries": claimed.tries})


def _postpone(message_id: UUID, reason: str) -> None:
    is_alive = commit_once(lambda: messages.postpone(message_id, reason))
    level = logging.WARNING if is_alive else logging.ERROR
    text = "message postponed" if is_alive else "message failed"
    log.log(level, text, extra={"message_id": message_id, "reason": reason})


def _fail(message_id: UUID, reason: str) -> None:
    commit_once(lambda: messages.mark_failed(message_id, reason))
    log.error("message failed", extra={"message_id": message_id, "reason": reason})
