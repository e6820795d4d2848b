"""The files of an instance: a demonstration's secrets, and what a running `make run` says of itself."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - none that is mistaken for another


def read_run(folder: Path) -> dict[str, Any]:
    """What a running `make run` says of itself; empty when none runs."""
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return run if isinstance(run, dict) else {}


def instance_secrets(folder: Path) -> dict[str, str]:
    """The secrets of a demonstration: made up once, kept in its folder, readable by its user only."""
    path = folder / "secrets.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        _write_once(path, json.dumps(_make_up(), indent=1))
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _make_up() -> dict[str, str]:
    groups = ("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(4)) for _ in range(4))
    return {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_keys": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "demo_password": "-".join(groups),
    }


def _write_once(path: Path, content: str) -> None:
    """Whole, or not at all; of two processes that start together the first one wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
