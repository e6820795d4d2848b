"""The mail server: takes a mail, or says whether trying again can help. Knows no table."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from email.mime.text import MIMEText
from email.utils import formataddr
from functools import cached_property
from typing import Any

from flask import Flask, current_app
from flask_mailman import EmailMultiAlternatives, Mail
from flask_mailman.backends.smtp import EmailBackend

# A connection that was idle for longer has probably been closed by the other side, and is closed by us.
IDLE_SECONDS = 20.0
# One that was used a moment ago need not be asked whether it lives.
ALIVE_SECONDS = 1.0
# Many servers end a connection that brings too many mails, some in the middle of one.
MOST_MAILS = 100


class MailDelayed(RuntimeError):
    """Not now; trying again later can help."""


class MailRefused(RuntimeError):
    """This mail will never be taken: an address that does not exist, a mail that cannot be written."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; `content_type` as in "application/pdf"."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Letter:
    """One mail to one person. Names and addresses are plain text; `calendar` is an iCalendar file or None."""

    message_id: str
    sender: tuple[str, str]
    recipient: tuple[str, str]
    subject: str
    text: str
    html: str
    calendar: str | None = None
    calendar_method: str = "PUBLISH"
    attachments: tuple[Attachment, ...] = ()


class _TellingSMTP(smtplib.SMTP):
    """Says whether a mail's text was begun: until then the server cannot have taken the mail."""

    has_begun_text = False

    def mail(self, *args: Any, **options: Any) -> Any:
        self.has_begun_text = False
        return super().mail(*args, **options)

    def data(self, msg: Any) -> Any:
        self.has_begun_text = True
        return super().data(msg)


class _EncryptedSMTP(_TellingSMTP, smtplib.SMTP_SSL):
    pass


class _CheckedSMTP(_TellingSMTP):
    """STARTTLS with the server's certificate checked: the standard library checks it only when told to."""

    def starttls(
        self, keyfile: Any = None, certfile: Any = None, context: ssl.SSLContext | None = None
    ) -> Any:
        return super().starttls(context=context or ssl.create_default_context())


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _EncryptedSMTP if self.use_ssl else _CheckedSMTP


class Post:
    """One connection of this process, used again by the next mail while it is young."""

    def __init__(self, mailman: Any) -> None:
        self.backend = _Backend(mailman=mailman)
        self.used_at = 0.0
        self.mails = 0

    def send(self, letter: Letter) -> None:
        """Hand the letter over; returns once the server has it. Raises MailDelayed or MailRefused."""
        mail = _compose(letter)
        try:
            self._hand_over(mail)
            self.used_at = time.monotonic()
            self.mails += 1
        except (OSError, ValueError) as error:  # every error of smtplib is an OSError
            self.hang_up()
            raise _meaning(error) from error

    def _hand_over(self, mail: _Mail) -> None:
        is_old = not self._connect()
        try:
            self.backend.send_messages([mail])
        except smtplib.SMTPServerDisconnected:
            if not is_old or self.backend.connection.has_begun_text:
                raise
            self.hang_up()  # it was closed while nobody looked; nothing of this mail has arrived
            self._connect()
            self.backend.send_messages([mail])

    def _connect(self) -> bool:
        """Whether a new connection was made."""
        if self.backend.connection and not self._is_good():
            self.hang_up()
        return bool(self.backend.open())

    def _is_good(self) -> bool:
        idle = time.monotonic() - self.used_at
        if idle > IDLE_SECONDS or self.mails >= MOST_MAILS:
            return False
        return idle < ALIVE_SECONDS or self._is_alive()

    def _is_alive(self) -> bool:
        with suppress(OSError):
            return bool(self.backend.connection.noop()[0] == 250)
        return False

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        with suppress(OSError):
            self.backend.close()
        self.backend.connection, self.mails = None, 0

    def close_idle(self) -> None:
        """Close a connection that has not been used for IDLE_SECONDS: the server has others to serve."""
        if self.backend.connection and time.monotonic() - self.used_at > IDLE_SECONDS:
            self.hang_up()


def wire(app: Flask) -> None:
    """One Post per process, made on its first mail."""
    Mail(app)


def send(letter: Letter) -> None:
    """Hand one letter to the mail server of the settings. Raises MailDelayed or MailRefused."""
    extensions = current_app.extensions
    if "post" not in extensions:
        extensions["post"] = Post(extensions["mailman"])
    extensions["post"].send(letter)


def close_idle(app: Flask) -> None:
    """End this process's connection if it lies idle."""
    if "post" in app.extensions:
        app.extensions["post"].close_idle()


class _Mail(EmailMultiAlternatives):
    """Built once: when it is tried whether it can be written, and sent as it was built then."""

    @cached_property
    def _built(self) -> Any:
        return super().message()

    def message(self) -> Any:
        return self._built


def _compose(letter: Letter) -> _Mail:
    if not letter.recipient[1].rpartition("@")[0].isascii():
        raise MailRefused(
            "Mail servers do not take addresses with such letters before the @: ask for another."
        )
    try:
        message = _Mail(
            subject=letter.subject,
            body=letter.text,
            from_email=formataddr(letter.sender),
            to=[formataddr(letter.recipient)],
            headers={"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(letter.html, "text/html")
        if letter.calendar:
            message.attach(_calendar_part(letter.calendar, letter.calendar_method))
        for file in letter.attachments:
            message.attach(file.name, file.content, file.content_type)
        message.message()
    except (ValueError, UnicodeError) as error:
        raise MailRefused(f"This mail cannot be written: {error}") from error
    return message


def _calendar_part(calendar: str, method: str) -> MIMEText:
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename="booking.ics")
    return part


def _meaning(error: Exception) -> MailDelayed | MailRefused:
    code, said = _answer(error)
    sentence = f"The mail server said: {code} {said}" if code else f"The mail server did not answer: {error}"
    if isinstance(error, ValueError) and not isinstance(error, OSError):  # a bad certificate is both
        return MailRefused(f"This mail cannot be written: {error}")
    # A wrong password is the installation's fault, not this mail's: it goes out once that is put right.
    is_for_ever = code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
    return MailRefused(sentence) if is_for_ever else MailDelayed(sentence)


def _answer(error: Exception) -> tuple[int, str]:
    """The code of the server's answer and its words; 0 when there was none."""
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return 0, ""
    return int(code), said.decode(errors="replace") if isinstance(said, bytes) else str(said)
