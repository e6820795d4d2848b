"""Reading the environment: what fills its gaps, and a sentence for each fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from backoffice.launch.instance import instance_secrets, read_run

APP_ENVS = ("demo", "production", "test")
POSTGRES_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg")
API_BASES = {
    "stripe": "STRIPE_API_BASE",
    "mpesa": "MPESA_API_BASE",
    "flutterwave": "FLUTTERWAVE_API_BASE",
}
PROJECT = Path(__file__).resolve().parent.parent.parent


class ConfigError(Exception):
    """The settings do not allow a start. One sentence per line, each says what to set."""


class Reader:
    """The environment with what fills its gaps, and the faults found so far."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []
        self.app_env = self.one_of("APP_ENV", APP_ENVS, app_env_of(environ))
        self.instance_path = instance_path_of(environ)
        beside_run = self.app_env == "demo" and not self.get("DATABASE_URL")
        self.run = read_run(self.instance_path) if beside_run else {}
        self.made_up = self._secrets()

    def _secrets(self) -> dict[str, str]:
        """Made up only where it is sure to be no production; tests never in the folder of `make run`."""
        if self.app_env == "test" and not self.get("INSTANCE_PATH"):
            self.fault("INSTANCE_PATH is not set: set it to a folder of the tests' own.")
            return {}
        return instance_secrets(self.instance_path) if self.app_env in ("demo", "test") else {}

    def get(self, name: str) -> str | None:
        return self.environ.get(name, "").strip() or None

    def fault(self, sentence: str) -> None:
        self.faults.append(sentence)

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.get(name) or default
        if value not in allowed:
            self.fault(f"{name} is {value!r}: set it to one of {', '.join(allowed)}.")
        return value

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self.get(name) or str(default)
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not lowest <= int(value) <= highest:
            self.fault(f"{name} is {value!r}: set it to a whole number from {lowest} to {highest}.")
            return default
        return int(value)

    def web_address(self, name: str, default: str | None = None) -> str | None:
        value = self.get(name) or default
        if value and not re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", value):
            self.fault(f"{name} is {value!r}: set it to an address that begins with https:// or http://.")
        return value and value.rstrip("/")

    def gateway_address(self, gateway: str) -> str | None:
        """Where a payment gateway is asked; None for its own address. Beside a run: where that one asks it."""
        simulators = None if is_gateway_named(self.environ) else self.run.get("simulators")
        return self.web_address(API_BASES[gateway], simulators and f"{simulators}/{gateway}")

    def database(self, name: str) -> str | None:
        value = self.get(name) or self.run.get(name.lower())
        if value is None:
            return None
        try:
            return normalise_database_url(value)
        except ConfigError as error:
            self.fault(f"{name} {error}")
            return value

    def needed(self, name: str, value: str | None, what: str) -> str:
        if value is None:
            self.fault(f"{name} is not set: set it to {what}.")
        return value or ""


def is_gateway_named(environ: Mapping[str, str]) -> bool:
    """Whether a key or an address of a gateway is set: then no payment is simulated."""
    return any(environ.get(name, "").strip() for name in ("STRIPE_SECRET_KEY", *API_BASES.values()))


def app_env_of(environ: Mapping[str, str]) -> str:
    """`demo` while the database is embedded, otherwise `production`; APP_ENV says otherwise."""
    return environ.get("APP_ENV", "").strip() or ("production" if environ.get("DATABASE_URL") else "demo")


def instance_path_of(environ: Mapping[str, str]) -> Path:
    return (PROJECT / (environ.get("INSTANCE_PATH", "").strip() or "instance")).resolve()


def normalise_database_url(value: str) -> str:
    """The same URL for psycopg 3. Raises ConfigError with the end of a sentence."""
    try:
        url = make_url(value)
    except ArgumentError:
        raise ConfigError("is not a URL: write it as postgresql://user:password@host/database.") from None
    if url.drivername not in POSTGRES_SCHEMES:
        raise ConfigError(f"begins with {url.drivername}://: only PostgreSQL works, postgresql://….")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
