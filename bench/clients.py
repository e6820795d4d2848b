"""Eight browsers' worth of requests, with as little of a client as will do: it shares the machine with the server."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie

Body = Callable[[], dict[str, object]]


@dataclass
class Session:
    """A signed-in clerk: the cookies and the form token."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


def sign_in(port: int, host: str, email: str, password: str) -> Session:
    """Sign in as the page's script does."""
    session = Session(host)
    session.token = _ask(port, session, "GET", None)["csrf_token"]
    answer = _ask(port, session, "POST", {"email": email, "password": password})
    session.token = answer["csrf_token"]
    return session


def _ask(port: int, session: Session, method: str, fields: dict[str, str] | None) -> dict[str, str]:
    connection = HTTPConnection("127.0.0.1", port)
    headers = {"Host": session.host, "Accept": "application/json", "Cookie": session.cookie}
    body = None
    if fields is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": session.token}
        body = "&".join(f"{name}={value.replace('@', '%40')}" for name, value in fields.items())
    connection.request(method, "/login", body, headers)
    answer = connection.getresponse()
    text = answer.read()
    for line in answer.headers.get_all("Set-Cookie") or ():
        session.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
    if answer.status != 200:
        raise SystemExit(f"Could not sign in: {answer.status} {text[:300]!r}")
    return json.loads(text)


class Browser:
    """One connection that stays open."""

    def __init__(self, port: int, session: Session) -> None:
        self.port, self.session = port, session
        self.socket: socket.socket | None = None

    def post(self, path: str, body: dict[str, object]) -> tuple[int, bytes]:
        return self._send(f"POST {path}", json.dumps(body).encode())

    def get(self, path: str) -> tuple[int, bytes]:
        return self._send(f"GET {path}", b"")

    def _send(self, line: str, body: bytes, more: str = "") -> tuple[int, bytes]:
        head = (
            f"{line} HTTP/1.1\r\nHost: {self.session.host}\r\nAccept: application/json\r\n"
            f"Cookie: {self.session.cookie}\r\nX-CSRFToken: {self.session.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        )
        for _ in range(2):  # the server may have closed a connection that was kept open
            self.socket = self.socket or socket.create_connection(("127.0.0.1", self.port), 60)
            try:
                self.socket.sendall(head.encode() + body)
                return self._receive()
            except (ConnectionError, EOFError):
                self.socket = None
        raise ConnectionError("The server closed the connection twice.")

    def _receive(self) -> tuple[int, bytes]:
        assert self.socket is not None
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head, re.I)[1])  # type: ignore[index]
        while len(body) < length:
            body += self._some()
        return int(head[9:12]), body

    def _some(self) -> bytes:
        assert self.socket is not None
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        return data


def rate(
    port: int,
    session: Session,
    path: str,
    body: Body,
    seconds: float,
    clients: int = 8,
    browser: type[Browser] = Browser,
) -> float:
    """Requests answered with 200 per second; any other answer ends the measurement."""
    until = time.monotonic() + seconds

    def work(_: int) -> int:
        sender, done = browser(port, session), 0
        while time.monotonic() < until:
            status, text = sender.post(path, body())
            if status != 200:
                raise SystemExit(f"{path} answered {status}: {text[:300]!r}")
            done += 1
        return done

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        done = sum(pool.map(work, range(clients)))
    return done / (time.monotonic() - began)
