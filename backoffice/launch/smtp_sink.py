"""The mail server of a demonstration: takes every mail and keeps it as a file. It sends nothing on.

It listens on SMTP_HOST:SMTP_PORT and writes to INSTANCE_PATH/mail.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from datetime import UTC, datetime
from email.header import Header
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class Keeper:
    """Writes each mail whole or not at all, with whom it was meant for: blind copies show nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"
        draft = self.folder / f".{name}"
        draft.write_bytes(_envelope_header(envelope.rcpt_tos) + envelope.content)
        draft.chmod(0o600)
        draft.rename(self.folder / f"{name}.eml")
        return "250 OK"


def _envelope_header(recipients: list[str]) -> bytes:
    value = Header(", ".join(recipients), "utf-8" if not ", ".join(recipients).isascii() else "ascii")
    return f"X-Envelope-To: {value.encode(linesep=chr(13) + chr(10))}\r\n".encode()


async def serve(host: str, port: int, folder: Path) -> None:
    """Until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, ended.set)
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="localhost", enable_SMTPUTF8=True, loop=loop), host, port
    )
    async with server:
        await ended.wait()


if __name__ == "__main__":
    place = Path(os.environ["INSTANCE_PATH"]) / "mail"
    asyncio.run(serve(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"]), place))
