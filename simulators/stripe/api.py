"""The addresses of the API, each with the one function that answers it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from simulators.stripe import disputes, refunds, resources, sessions
from simulators.stripe.calls import Method, answer
from simulators.stripe.errors import StripeError
from simulators.world import world

api = Blueprint("stripe_api", __name__, url_prefix="/stripe/v1")

METHODS: dict[tuple[str, str], Method] = {
    ("GET", "/account"): resources.account,
    ("GET", "/balance"): resources.balance,
    ("POST", "/customers"): resources.create_customer,
    ("GET", "/customers"): resources.list_customers,
    ("GET", "/customers/<id_>"): resources.retrieve_customer,
    ("POST", "/customers/<id_>"): resources.update_customer,
    ("GET", "/customers/<id_>/payment_methods"): resources.list_payment_methods,
    ("POST", "/checkout/sessions"): sessions.create,
    ("GET", "/checkout/sessions"): sessions.list_,
    ("GET", "/checkout/sessions/<id_>"): sessions.retrieve,
    ("GET", "/checkout/sessions/<id_>/line_items"): sessions.line_items,
    ("POST", "/checkout/sessions/<id_>/expire"): sessions.expire,
    ("GET", "/payment_intents"): resources.list_intents,
    ("GET", "/payment_intents/<id_>"): resources.retrieve_intent,
    ("POST", "/payment_intents/<id_>/cancel"): resources.cancel_intent,
    ("GET", "/charges"): resources.list_charges,
    ("GET", "/charges/<id_>"): resources.retrieve_charge,
    ("POST", "/refunds"): refunds.create,
    ("GET", "/refunds"): refunds.list_,
    ("GET", "/refunds/<id_>"): refunds.retrieve,
    ("POST", "/refunds/<id_>"): refunds.update,
    ("GET", "/balance_transactions"): resources.list_balance_transactions,
    ("GET", "/balance_transactions/<id_>"): resources.retrieve_balance_transaction,
    ("GET", "/disputes"): disputes.list_,
    ("GET", "/disputes/<id_>"): disputes.retrieve,
    ("POST", "/webhook_endpoints"): resources.create_endpoint,
    ("GET", "/webhook_endpoints"): resources.list_endpoints,
    ("GET", "/webhook_endpoints/<id_>"): resources.retrieve_endpoint,
    ("POST", "/webhook_endpoints/<id_>"): resources.update_endpoint,
    ("DELETE", "/webhook_endpoints/<id_>"): resources.delete_endpoint,
    ("GET", "/events"): resources.list_events,
    ("GET", "/events/<id_>"): resources.retrieve_event,
}


def _serve(verb: str, rule: str, method: Method) -> None:
    def view(**path: str) -> Response:
        return answer(method, **path)

    api.add_url_rule(rule, f"{verb} {method.__name__} {rule.replace('.', '')}", view, methods=[verb])


for (verb, rule), method in METHODS.items():
    _serve(verb, rule, method)


@api.route("/<path:_rest>", methods=["GET", "POST", "DELETE"])
def unknown(_rest: str) -> tuple[Response, int]:
    path = request.path.removeprefix("/stripe")
    error = StripeError(f"Unrecognized request URL ({request.method}: {path}).", status=404)
    return jsonify(error.body), 404


@api.before_request
def meet_faults() -> Response | None:
    return world().faults.before()


@api.after_request
def lose_reply(response: Response) -> Response:
    return world().faults.after(response)
