"""The gateways' simulators in a process of their own, for tests: `simulators` starts empty for each one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from backoffice.launch.plan import free_port
from backoffice.launch.processes import die_with_parent

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0


class Simulators:
    """Where they are, and their control plane (simulators/control.py) as methods."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stripe_base = f"{url}/stripe"
        self.mpesa_base = f"{url}/mpesa"
        self.flutterwave_base = f"{url}/flutterwave"

    @property
    def environ(self) -> dict[str, str]:
        """The settings that lead the program here: `settings_for(…, **simulators.environ)`."""
        return {
            "STRIPE_API_BASE": self.stripe_base,
            "MPESA_API_BASE": self.mpesa_base,
            "FLUTTERWAVE_API_BASE": self.flutterwave_base,
        }

    def do(self, deed: str, **said: Any) -> dict[str, Any]:
        """One deed of the control plane, such as `do("stripe/refund", charge=…, amount=500)`."""
        reply = requests.post(f"{self.url}/control/{deed}", json=said, timeout=70)
        assert reply.ok, reply.text
        return dict(reply.json())

    def ask(self, what: str, **query: Any) -> dict[str, Any]:
        reply = requests.get(f"{self.url}/control/{what}", params=query, timeout=70)
        assert reply.ok, reply.text
        return dict(reply.json())

    def faults(self, **faults: Any) -> None:
        """See simulators/faults.py: lost_replies=0.2, hold_webhooks=True, duplicate=1, shuffle=True …"""
        self.do("faults", **faults)

    def take(self) -> list[dict[str, Any]]:
        """The webhooks held so far (`hold_webhooks`): url, kind, body, headers. They are yours to deliver."""
        return list(self.do("take")["deliveries"])

    def release(self, *, shuffle: bool = False, copies: int = 1) -> int:
        return int(self.do("release", shuffle=shuffle, copies=copies)["released"])

    def quiet(self, seconds: float = 10) -> bool:
        """Wait until no webhook is due or under way; whether that came true."""
        return self.do("quiet", seconds=seconds)["open"] == 0

    def ledger(self, gateway: str, key: str) -> list[dict[str, Any]]:
        """Each payment with reference, amount_minor, currency, status, refunded_minor, refunds."""
        return list(self.ask(f"{gateway}/ledger", key=key)["payments"])

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.ask("deliveries")["deliveries"])

    def pay_stripe(self, session: str, **said: Any) -> dict[str, Any]:
        """card="good"|"declined"|"challenged"|number, tell="now"|"late"|"twice"|"never", seconds=…"""
        return self.do("stripe/pay", session=session, **said)

    def pay_mpesa(self, prompt: str, **said: Any) -> dict[str, Any]:
        """The CheckoutRequestID; ending="pay"|"wrong_pin"|"no_money"|"cancel"|"timeout", tell=…, seconds=…"""
        return self.do("mpesa/pay", prompt=prompt, **said)

    def pay_flutterwave(self, link: str, **said: Any) -> dict[str, Any]:
        """status="successful"|"failed"|"pending", tell=…, seconds=…, amount_minor=another one"""
        return self.do("flutterwave/pay", link=link, **said)

    def reset(self) -> None:
        self.do("reset")


def start(port: int, state: Path | None = None) -> "subprocess.Popen[bytes]":
    """The process, once it answers. Dies with the test run."""
    environ = {**os.environ, "SIMULATOR_PORT": str(port), "SIMULATOR_STATE": str(state or "")}
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators"],
        cwd=PROJECT,
        env=environ,
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        assert process.poll() is None and time.monotonic() < deadline, "the simulators did not start"
        time.sleep(0.05)
    return process


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/control/", timeout=5).ok
    except requests.RequestException:
        return False


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def simulators_server() -> Iterator[Simulators]:
    """One for all tests of a worker. Take `simulators`, unless your fixture lives longer than a test."""
    port = free_port()
    process = start(port)
    yield Simulators(f"http://127.0.0.1:{port}")
    stop(process)


@pytest.fixture
def simulators(simulators_server: Simulators) -> Simulators:
    simulators_server.reset()
    return simulators_server
