"""A real SMTP server that keeps what it gets, and refuses whom it is told to."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from backoffice.launch.plan import free_port


class Mailbox:
    """`refuse` maps an address to the answer its mails get, such as "550 no such user".

    `delay` is how many seconds each mail takes; `arriving` counts those whose text has begun to come.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.clear()

    def clear(self) -> None:
        self.mails.clear()
        self.refuse: dict[str, str] = {}
        self.delay = 0.0
        self.arriving = 0
        self.connections = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.arriving += 1
        await asyncio.sleep(self.delay)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(mail)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in str(mail["To"])]


class MailServer:
    """`with MailServer() as server:` listens on server.port of 127.0.0.1."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.mailbox = Mailbox()
        self.port = free_port()

    def start(self) -> None:
        self.controller = Controller(self.mailbox, hostname="127.0.0.1", port=self.port, **self.options)
        self.controller.start()

    def stop(self) -> None:
        self.controller.stop()

    def __enter__(self) -> MailServer:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
