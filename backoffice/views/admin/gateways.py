"""Payments online: one card for each gateway, where its keys go in, its address of messages comes out, and it is tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.gateway_terms import GATEWAY_LABELS, GATEWAYS
from backoffice.models import GatewayAccount
from backoffice.services import gateway_accounts, gateway_setup
from backoffice.services.gateway_setup import Keys
from backoffice.views.admin.gateways_forms import KeysForm, keys_form
from backoffice.views.arguments import read_id
from backoffice.views.requests import current_actor
from backoffice.work import commit_around, commit_once

blueprint = Blueprint("gateways", __name__, url_prefix="/admin/gateways")


@dataclass(frozen=True)
class Card:
    """What the page shows of one gateway; `url` only for whoever asked to see it."""

    gateway: str
    label: str
    state: tuple[str, str]
    account: GatewayAccount | None
    masked_url: str
    older: list[GatewayAccount]
    url: str = ""
    can_register: bool = False
    lacks_secret: bool = False


@blueprint.get("/")
def index_view() -> str:
    """The cards of all gateways."""
    return _page()


@blueprint.route("/<gateway>/keys", methods=("GET", "POST"))
def keys(gateway: str) -> Any:
    """The form for keys; they are written and never shown."""
    if gateway not in GATEWAYS:
        abort(404)
    account = gateway_accounts.find_in_use(gateway)
    form = keys_form(gateway, account, request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        answer = _save(gateway, form)
        if answer is not None:
            return answer
    return _keys_page(gateway, account, form)


@blueprint.post("/<uuid:account_id>/address")
def address(account_id: UUID) -> Any:
    """The page with one address of messages written out."""
    url = gateway_setup.show_address(account_id, current_actor())
    return _page({account_id: url})


@blueprint.post("/<uuid:account_id>/check")
def check(account_id: UUID) -> Response:
    """Ask the gateway who we are; no lock is held while it thinks."""
    found = commit_around(
        lambda: gateway_setup.prepare_check(account_id, current_actor()),
        gateway_setup.try_keys,
        lambda _, said: gateway_setup.note_check(account_id, said, datetime.now(UTC)),
    )
    next_step = "" if found.is_good else " Test once more in some minutes; if it stays so, replace the keys."
    flash(found.said + next_step, "success" if found.is_good else "error")
    return _back()


@blueprint.post("/<uuid:account_id>/use")
def use(account_id: UUID) -> Response:
    """Let new payments go through this account."""
    return _do(
        lambda: gateway_setup.set_in_use(account_id, True, _version(), current_actor()),
        "{label} is in use: customers can pay with it.",
    )


@blueprint.post("/<uuid:account_id>/rest")
def rest(account_id: UUID) -> Response:
    """Let no new payments go through it; what is under way comes to its end."""
    return _do(
        lambda: gateway_setup.set_in_use(account_id, False, _version(), current_actor()),
        "{label} is out of use: nobody is offered it any more. Refunds and open payments go on.",
    )


@blueprint.route("/<uuid:account_id>/new-address", methods=("GET", "POST"))
def new_address(account_id: UUID) -> Any:
    """Ask, then change the secret address."""
    if request.method == "GET":
        account = gateway_accounts.get(account_id)
        label = GATEWAY_LABELS[account.gateway]
        return render_template("admin/gateways/new_address.html", account=account, label=label)
    return _do(
        lambda: gateway_setup.new_address(account_id, _version(), current_actor()),
        "{label} has a new address for its messages. Enter it at the gateway: the old one stopped.",
    )


@blueprint.post("/<uuid:account_id>/register")
def register(account_id: UUID) -> Response:
    """Have the gateway send its messages here, where it can be told by a program."""
    return _do(
        lambda: commit_around(
            lambda: gateway_setup.prepare_registration(account_id, current_actor()),
            gateway_setup.register,
            lambda _, secret: gateway_setup.note_registration(account_id, secret, current_actor()),
        ),
        "The webhook is registered at {label}: its messages come here from now on.",
    )


# --- Pieces ---


def _save(gateway: str, form: KeysForm) -> Response | None:
    wanted = Keys(
        gateway,
        form.mode.data or "",
        form.given(),
        read_id(form.account_id.data or ""),
        form.version.data if form.account_id.data else None,
        form.is_same(),
    )
    try:
        commit_once(lambda: gateway_setup.save_keys(wanted, current_actor()))
    except DomainError as error:
        form.refuse(error)
        form.status = error.status
        return None
    flash(f"The keys of {GATEWAY_LABELS[gateway]} are saved. Test the connection next.", "success")
    return _back()


def _keys_page(gateway: str, account: GatewayAccount | None, form: KeysForm) -> Any:
    page = render_template(
        "admin/gateways/keys.html",
        form=form,
        label=GATEWAY_LABELS[gateway],
        account=account,
        back_url=url_for(".index_view"),
    )
    return page, getattr(form, "status", 422 if form.errors else 200)


def _page(shown: dict[UUID, str] | None = None) -> str:
    may_edit = current_actor().may("settings.edit")
    return render_template(
        "admin/gateways/index.html",
        cards=[_card(gateway, shown or {}, may_edit) for gateway in GATEWAYS],
        may_edit=may_edit,
        counted=gateway_setup.count_payments,
    )


def _card(gateway: str, shown: dict[UUID, str], may_edit: bool) -> Card:
    rows = gateway_setup.list_accounts(gateway)
    account = next((row for row in rows if row.is_in_use), None)
    older = [row for row in rows if row is not account]
    label = GATEWAY_LABELS[gateway]
    if account is None or not may_edit:
        return Card(gateway, label, state_of(account, bool(older)), account, "", older)
    return Card(
        gateway,
        label,
        state_of(account),
        account,
        gateway_accounts.notice_url(account).removesuffix(account.path) + "•" * 12,
        older,
        shown.get(account.id, ""),
        gateway_setup.can_register(account),
        gateway == "stripe" and not gateway_setup.has_key(account, "webhook_secret"),
    )


def state_of(account: GatewayAccount | None, is_resting: bool = False) -> tuple[str, str]:
    """How an account stands, in words and the tone of its pill."""
    if account is None:
        return ("Out of use", "quiet") if is_resting else ("Not set up", "quiet")
    if gateway_accounts.is_simulated(account):
        return "Simulator: no money moves", "wait"
    return ("Live", "good") if account.mode == "live" else ("Test: no money moves", "wait")


def _do(work: Any, sentence: str) -> Response:
    """Run one change and say what came of it on the page of the cards."""
    try:
        account: GatewayAccount = commit_once(work)
    except Invalid:
        raise
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "error")
        return _back()
    flash(sentence.format(label=GATEWAY_LABELS[account.gateway]), "success")
    return _back()


def _version() -> int | None:
    """The version that the button was shown with; a missing or garbled one is no version of anything."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _back() -> Response:
    return redirect(url_for("gateways.index_view"), 303)
