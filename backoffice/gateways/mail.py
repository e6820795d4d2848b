"""The mail server: takes a mail, or says whether trying again can help. Knows no table."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from email.mime.text import MIMEText
from email.utils import formataddr
from typing import Any

from flask import Flask, current_app
from flask_mailman import EmailMultiAlternatives, Mail
from flask_mailman.backends.smtp import EmailBackend

# A connection that was idle for longer has probably been closed by the other side.
IDLE_SECONDS = 20.0


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


class _CheckedSMTP(smtplib.SMTP):
    """STARTTLS with the server's certificate checked: the standard library checks it only when told to."""

    def starttls(
        self, keyfile: Any = None, certfile: Any = None, context: ssl.SSLContext | None = None
    ) -> Any:
        return super().starttls(context=context or ssl.create_default_context())


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return smtplib.SMTP_SSL if self.use_ssl else _CheckedSMTP


class Post:
    """One connection of this process, used again by the next mail while it is young."""

    def __init__(self, mailman: Any) -> None:
        self.backend = _Backend(mailman=mailman)
        self.used_at = 0.0

    def send(self, letter: Letter) -> None:
        """Hand the letter over; returns once the server has it. Raises MailDelayed or MailRefused."""
        message = _compose(letter)
        try:
            self._connect()
            self.backend.send_messages([message])
            self.used_at = time.monotonic()
        except (OSError, ValueError) as error:  # every error of smtplib is an OSError
            self.hang_up()
            raise _meaning(error) from error

    def _connect(self) -> None:
        if self.backend.connection and not self._is_alive():
            self.hang_up()
        self.backend.open()

    def _is_alive(self) -> bool:
        if time.monotonic() - self.used_at > IDLE_SECONDS:
            return False
        with suppress(OSError):
            return bool(self.backend.connection.noop()[0] == 250)
        return False

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        with suppress(OSError):
            self.backend.close()
        self.backend.connection = None


def wire(app: Flask) -> None:
    """One Post per process, made on its first mail."""
    Mail(app)


def send(letter: Letter) -> None:
    """Hand one letter to the mail server of the settings. Raises MailDelayed or MailRefused."""
    extensions = current_app.extensions
    if "post" not in extensions:
        extensions["post"] = Post(extensions["mailman"])
    extensions["post"].send(letter)


def _compose(letter: Letter) -> EmailMultiAlternatives:
    if not letter.recipient[1].rpartition("@")[0].isascii():
        raise MailRefused(
            "Mail servers do not take addresses with such letters before the @: ask for another."
        )
    try:
        message = EmailMultiAlternatives(
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
