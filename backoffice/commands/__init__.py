"""The command line: `flask --app app …`, one file per noun."""

from flask import Flask


def register(app: Flask) -> None:
    """Add every command."""
