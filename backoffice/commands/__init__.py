"""The command line: `flask --app app …`, one file per noun, each with its `group` or its command."""

from flask import Flask

from backoffice.commands import audit, demo, imports, jobs, outbox, tenant, user

COMMANDS = (tenant.group, user.group, imports.command, demo.command, jobs.group, outbox.group, audit.group)


def register(app: Flask) -> None:
    """Add every command."""
    for command in COMMANDS:
        app.cli.add_command(command)
