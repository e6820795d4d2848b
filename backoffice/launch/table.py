"""What `make run` runs, as data: first the steps that end, then the parts that stay."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROLES = ("admin", "office", "manager", "instructor", "customer")
TENANTS = ("rft", "nairobi")
# As a file: as a module of the package it would load the whole program, ten times its own size.
SMTP_SINK = str(Path(__file__).with_name("smtp_sink.py"))


@dataclass(frozen=True)
class Part:
    """One command, and when it is wanted. Only what changes tables gets the owner's login."""

    name: str
    command: tuple[str, ...]
    with_owner: bool = False
    only_demo: bool = False
    only_mail_sink: bool = False
    only_simulated: bool = False
    answers_http: bool = False


@dataclass(frozen=True)
class Table:
    """Helpers are there before the first step, and must answer."""

    steps: tuple[Part, ...]
    services: tuple[Part, ...]
    helpers: tuple[Part, ...] = ()


def python(*words: str) -> tuple[str, ...]:
    """`python -m`, never an installed script: its first line breaks where the path holds a space."""
    return (sys.executable, "-m", *words)


def flask(*words: str) -> tuple[str, ...]:
    return python("flask", "--app", "app", *words)


TABLE = Table(
    helpers=(Part("simulators", python("simulators"), only_simulated=True),),
    steps=(
        Part("migrate", flask("db", "upgrade"), with_owner=True),
        Part("demo", flask("demo"), with_owner=True, only_demo=True),
    ),
    services=(
        Part("mail-sink", (sys.executable, "-P", SMTP_SINK), only_mail_sink=True),
        Part(
            "web",
            python("gunicorn", "-c", "backoffice/launch/gunicorn_config.py", "app:app"),
            answers_http=True,
        ),
        Part("worker-mail", flask("jobs", "work", "mail")),
        Part("worker-bulk", flask("jobs", "work", "bulk")),
        Part("worker-money", flask("jobs", "work", "money")),
        Part("scheduler", flask("jobs", "schedule")),
    ),
)


def demo_tenants() -> list[dict[str, Any]]:
    """The demonstration's tenants with one login per role, as run.json and the terminal show them."""
    return [
        {
            "slug": slug,
            "host": f"{slug}.localhost",
            "logins": {role: f"{role}@{slug}.example" for role in ROLES},
        }
        for slug in TENANTS
    ]
