"""What a run needs from the environment, and what it adds where a setting is missing."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backoffice.config import ConfigError, Settings, app_env_of, instance_path_of
from backoffice.launch.reader import API_BASES, is_gateway_named

NOT_YET = {"DATABASE_URL": "postgresql://later@127.0.0.1/later", "REDIS_URL": "redis://127.0.0.1"}

SIMULATOR_OFFSET = 90


@dataclass(frozen=True)
class Plan:
    """Which servers are ours to start, and the environment of every child but their URLs."""

    environ: dict[str, str]
    settings: Settings
    own_postgres: bool
    own_redis: bool
    own_mail: bool
    # Where the simulators of the gateways listen; None where real ones are meant.
    simulator_port: int | None

    @property
    def is_demo(self) -> bool:
        return self.settings.app_env == "demo"


def make_plan(environ: Mapping[str, str]) -> Plan:
    """Check everything that can be checked before anything starts. Raises ConfigError."""
    app_env = app_env_of(environ)
    own_postgres = not environ.get("DATABASE_URL") and app_env == "demo"
    _refuse_half_a_database(environ)
    own_redis, own_mail = not environ.get("REDIS_URL"), not environ.get("SMTP_HOST")
    full = {**environ, "APP_ENV": app_env, "INSTANCE_PATH": str(instance_path_of(environ))}
    full["PORT"] = environ.get("PORT") or "5000"
    full["PUBLIC_BASE_URL"] = environ.get("PUBLIC_BASE_URL") or f"http://127.0.0.1:{full['PORT']}"
    full["PYTHONUNBUFFERED"] = "1"
    if own_mail:
        full |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())}
    simulator_port = _simulator_port(full)
    if simulator_port is not None:
        full |= _simulated(full["INSTANCE_PATH"], simulator_port)
    later = {name: NOT_YET[name] for name, own in zip(NOT_YET, (own_postgres, own_redis), strict=True) if own}
    settings = Settings.from_environment(full | later)
    return Plan(full, settings, own_postgres, own_redis, own_mail, simulator_port)


def _refuse_half_a_database(environ: Mapping[str, str]) -> None:
    if environ.get("DATABASE_URL") and not environ.get("DATABASE_OWNER_URL"):
        raise ConfigError(
            "DATABASE_OWNER_URL is not set: the tables cannot be migrated with the program's login. "
            "Set it to the URL of the role that owns the database."
        )
    if environ.get("DATABASE_OWNER_URL") and not environ.get("DATABASE_URL"):
        raise ConfigError("DATABASE_URL is not set, only DATABASE_OWNER_URL: set both, or neither.")


def _simulator_port(environ: Mapping[str, str]) -> int | None:
    """Of a demonstration without keys: the same for each start, as links to its pages are kept."""
    if environ["APP_ENV"] != "demo" or is_gateway_named(environ):
        return None
    if environ.get("SIMULATOR_PORT", "").isdigit():
        return int(environ["SIMULATOR_PORT"])
    usual = int(environ["PORT"]) + SIMULATOR_OFFSET if environ["PORT"].isdigit() else 0
    return usual if 0 < usual < 65_536 and _is_free(usual) else free_port()


def _simulated(instance: str, port: int) -> dict[str, str]:
    bases = {name: f"{simulator_url(port)}/{gateway}" for gateway, name in API_BASES.items()}
    state = str(Path(instance) / "simulators" / "state.sqlite")
    return {**bases, "SIMULATOR_PORT": str(port), "SIMULATOR_STATE": state}


def simulator_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def need_port(port: int, patience: float) -> None:
    """Raises ConfigError when another program has the port, and keeps it for longer than our patience."""
    deadline = time.monotonic() + patience
    while not _is_free(port):
        if time.monotonic() >= deadline:
            raise ConfigError(
                f"Port {port} is taken by another program: "
                f"stop that one, or choose another port with PORT={port + 1}."
            )
        time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def run_file(instance: Path) -> Path:
    return instance / "run.json"
