"""The command line: `flask --app app …`, one file per noun, each with its `group` or its command."""

from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

# The word that is typed → module here and what it holds.
COMMANDS = {
    "tenant": ("tenant", "group"),
    "user": ("user", "group"),
    "import": ("imports", "command"),
    "demo": ("demo", "command"),
    "jobs": ("jobs", "group"),
    "outbox": ("outbox", "group"),
    "gateways": ("gateways", "group"),
    "reconcile": ("reconcile", "command"),
    "audit": ("audit", "group"),
    "retention": ("retention", "group"),
}


class Commands(AppGroup):
    """Loads a command when it is asked for: the web never asks, and they bring the scheduler and the demonstration."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, attribute = COMMANDS[cmd_name]
        found: Any = getattr(import_module(f"{__name__}.{module}"), attribute)
        return found


def register(app: Flask) -> None:
    """Add every command."""
    app.cli = Commands(app.name)
