"""`flask user …`: logins, for the first administrator and for emergencies."""

import secrets
import sys

import click
from flask.cli import AppGroup

from backoffice.commands.console import console_actor, in_words, scope_of, tenant_option
from backoffice.domain.errors import NotFound
from backoffice.domain.permissions import ROLES
from backoffice.models import User
from backoffice.services import sign_in, users
from backoffice.services.users import Invitation
from backoffice.work import commit_once

group = AppGroup("user", help="Logins of staff.")

password_option = click.option(
    "--password",
    help="Others on this machine can read it here: leave it out to be asked, or to have one made up.",
)


@group.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(sorted(ROLES)), default="office", show_default=True)
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--invite", is_flag=True, help="Mail a link to choose a password instead of setting one.")
@password_option
@tenant_option
@in_words
def create(email: str, role: str, invite: bool, password: str | None, slug: str | None, **names: str) -> None:
    """Make a login."""
    chosen = None if invite else password or _ask()
    actor = console_actor()
    with scope_of(slug):

        def work() -> str:
            user = users.create(Invitation(email, role, names["first_name"], names["last_name"]), actor)
            if chosen is None:
                users.mail_invitation(user, actor)
            else:
                users.set_password(user, chosen, actor)
            return str(user.email)

        made = commit_once(work)
    how = "the invitation is on its way" if chosen is None else _said(chosen, password)
    click.echo(f"Made {made} ({role}); {how}.")


@group.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice(sorted(ROLES)))
@tenant_option
@in_words
def set_role(email: str, role: str, slug: str | None) -> None:
    """Give a login another role; it holds on the next request."""
    with scope_of(slug):
        commit_once(lambda: users.set_role(_get(email), role, console_actor()))
    click.echo(f"{email} is {role} now.")


@group.command("set-password")
@click.argument("email")
@password_option
@tenant_option
@in_words
def set_password(email: str, password: str | None, slug: str | None) -> None:
    """Set a password; everybody who is signed in with the old one is signed out."""
    chosen = password or _ask()
    with scope_of(slug):
        commit_once(lambda: users.set_password(_get(email), chosen, console_actor()))
    click.echo(f"Done; {_said(chosen, password)}.")


def _get(email: str) -> User:
    user = sign_in.find_by_email(email)
    if user is None:
        raise NotFound(f"Nobody here has the address {email}.")
    return user


def _ask() -> str:
    """Asked for at a terminal; made up where nobody sits at one."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return f"{secrets.token_urlsafe(12)}-7a"


def _said(chosen: str, given: str | None) -> str:
    is_known = given is not None or sys.stdin.isatty()
    return "the password is set" if is_known else f"the password is {chosen}"
