"""Daraja's addresses, and the telephone that they ring."""

from __future__ import annotations

import time

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from simulators.courier import Telling
from simulators.mpesa import prompts, reversals
from simulators.mpesa.calls import DarajaError, Method, answer, give_token
from simulators.world import World, world

api = Blueprint("mpesa_api", __name__, url_prefix="/mpesa")
phone = Blueprint("mpesa_phone", __name__, url_prefix="/mpesa/phone")

METHODS: dict[str, Method] = {
    "/mpesa/stkpush/v1/processrequest": prompts.push,
    "/mpesa/stkpushquery/v1/query": prompts.query,
    "/mpesa/reversal/v1/request": reversals.reverse,
    "/mpesa/transactionstatus/v1/query": reversals.status,
}
# What a button does: how the prompt ends, and how that is told.
BUTTONS = {
    "pay": ("pay", "now"),
    "wrong_pin": ("wrong_pin", "now"),
    "no_money": ("no_money", "now"),
    "cancel": ("cancel", "now"),
    "lost": ("pay", "never"),
    "late": ("pay", "late"),
    "twice": ("pay", "twice"),
}


def _serve(rule: str, method: Method) -> None:
    api.add_url_rule(rule, rule.replace("/", " "), lambda: answer(method), methods=["POST"])


for rule, method in METHODS.items():
    _serve(rule, method)


@api.get("/oauth/v1/generate")
def generate() -> Response:
    return give_token()


@api.errorhandler(405)
def wrong_verb(_error: Exception) -> Response:
    return DarajaError("405.001", "Method Not Allowed", 405).response()


@api.before_request
def meet_faults() -> Response | None:
    return world().faults.before()


@api.after_request
def lose_reply(response: Response) -> Response:
    return world().faults.after(response)


@phone.get("")
def show() -> str:
    """Open prompts first, then what became of the last ones."""
    known = world().store.every("prompt")
    return render_template(
        "phone.html",
        open=[prompt for prompt in known if prompt["result"] is None],
        over=[prompt for prompt in known if prompt["result"] is not None][:10],
        left={prompt["id"]: int(prompt["at"] + prompts.PROMPT_SECONDS - time.time()) for prompt in known},
    )


@phone.post("")
def press() -> AnyResponse:
    choice = BUTTONS.get(request.form.get("act", ""))
    with world().store.transaction():
        prompt = world().store.find("prompt", request.form.get("prompt", ""))
        if choice is not None and prompt is not None and prompt["result"] is None:
            account = world().store.account_of("prompt", prompt["id"])
            prompts.end(world(), account, prompt, choice[0], Telling.named(choice[1]))
    return redirect(url_for("mpesa_phone.show"), 303)


def tick(here: World) -> None:
    """Prompts that nobody answers end, and what was accepted is decided."""
    at = time.time()
    with here.store.transaction():
        for account, prompt in here.store.due("prompt", at):
            prompts.end(here, account, prompt, "timeout")
        for account, asked in here.store.due("mpesa_request", at):
            reversals.decide(here, account, asked)
