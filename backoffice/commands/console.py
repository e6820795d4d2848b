"""What the commands share: who acts, for which tenant, and how a refusal ends."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import click
from flask import current_app

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError
from backoffice.services import tenants
from backoffice.tenancy import tenant_scope

F = TypeVar("F", bound=Callable[..., Any])

tenant_option = click.option("--tenant", "slug", help="The tenant's short name; see `tenant list`.")


def console_actor(kind: str = "system", role: str | None = None) -> Actor:
    """Whoever has the machine's command line, by the name of their account."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as containers have
        account = "unknown"
    return Actor(kind, role=role, name=f"{account}, command line")


@contextmanager
def scope_of(slug: str | None) -> Iterator[UUID]:
    """Work as this tenant; without a name as the one that the public address shows, or the only one."""
    tenant_id = _tenant_id(slug)
    db.session.remove()  # a Session never changes tenant
    with tenant_scope(tenant_id):
        try:
            yield tenant_id
        finally:
            db.session.remove()


def _tenant_id(slug: str | None) -> UUID:
    known = tenants.list_all()
    if slug is not None:
        found = next((tenant.id for tenant in known if tenant.slug == slug), None)
        return found or _stop(f"There is no tenant “{slug}”: choose one of {_names(known)}.")
    if len(known) == 1:
        return known[0].id
    host = urlsplit(current_app.extensions["settings"].public_base_url).hostname or ""
    return tenants.find_by_host(host) or _stop(f"Name the tenant: --tenant with one of {_names(known)}.")


def _names(known: Any) -> str:
    return ", ".join(tenant.slug for tenant in known) or "none (see `tenant create`)"


def _stop(sentence: str) -> UUID:
    raise click.UsageError(sentence)


def in_words(command: F) -> F:
    """A refusal ends the command with its sentence and exit code 1, not with a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except DomainError as error:
            raise click.ClickException(error.message) from error

    return run  # type: ignore[return-value]
