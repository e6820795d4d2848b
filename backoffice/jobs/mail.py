"""Sending one queued message: claim, write, hand over, note the outcome; each step committed on its own."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from backoffice.domain.errors import DomainError
from backoffice.gateways import mail as gateway
from backoffice.gateways.mail import MailDelayed, MailRefused
from backoffice.jobs.trouble import sentence_of
from backoffice.services import letters, messages
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)


WORN_OUT = "Every try ended without an answer, as when the worker itself dies."


def send_message(tenant_id: str, message_id: str) -> None:
    """Send the message if it is still to be sent.

    At least once: whoever dies between the mail server's yes and the commit has it sent twice, with one Message-ID.
    """
    with tenant_scope(UUID(tenant_id)):
        deliver(UUID(message_id))


def deliver(message_id: UUID) -> None:
    tries = commit_once(lambda: messages.claim(message_id))
    if tries is None:
        return
    if tries > messages.MAXIMUM_TRIES:
        _fail(message_id, WORN_OUT)
        return
    try:
        written = commit_once(lambda: letters.write(message_id))
        if written is None:
            return
        gateway.send(written.letter)
        commit_once(lambda: messages.mark_sent(message_id, **written.to_keep))
        log.info("message sent", extra={"message_id": message_id, "tries": tries})
    except MailDelayed as error:
        _postpone(message_id, str(error))
    except (MailRefused, DomainError) as error:
        _fail(message_id, str(error))
    except DBAPIError:
        raise  # the row cannot be written now either; it is due again when the claim runs out
    except Exception as error:
        log.exception("message not written", extra={"message_id": message_id})
        _postpone(message_id, sentence_of(error))


def _postpone(message_id: UUID, reason: str) -> None:
    is_alive = commit_once(lambda: messages.postpone(message_id, reason))
    level = logging.WARNING if is_alive else logging.ERROR
    text = "message postponed" if is_alive else "message failed"
    log.log(level, text, extra={"message_id": message_id, "reason": reason})


def _fail(message_id: UUID, reason: str) -> None:
    commit_once(lambda: messages.mark_failed(message_id, reason))
    log.error("message failed", extra={"message_id": message_id, "reason": reason})
