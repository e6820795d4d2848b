"""Registering the webhook at Stripe, so that nobody copies an address and a secret by hand."""

import pytest

from backoffice.domain.gateway_terms import Account, GatewayRefused
from backoffice.gateways.stripe import StripeGateway, open_account
from tests.simulated import Simulators

URL = "http://127.0.0.1:9/api/webhooks/stripe/secret"


@pytest.fixture
def stripe(simulators: Simulators) -> StripeGateway:
    return open_account(
        Account("stripe", "test", simulators.stripe_base, {"secret_key": "sk_test_simulator_rft"})
    )


def test_an_address_is_registered_once_with_its_secret(stripe: StripeGateway) -> None:
    assert not stripe.knows_notices(URL)
    first = stripe.register_notices(URL)
    assert first.startswith("whsec_")
    assert stripe.knows_notices(URL)
    assert stripe.register_notices(URL) != first
    with stripe._talk() as client:
        assert [each.url for each in client.v1.webhook_endpoints.list().data] == [URL]


def test_the_same_address_on_another_host_takes_its_place(stripe: StripeGateway) -> None:
    stripe.register_notices(URL)
    moved = URL.replace(":9/", ":10/")
    stripe.register_notices(moved)
    assert (stripe.knows_notices(URL), stripe.knows_notices(moved)) == (False, True)


def test_an_address_that_is_none_is_refused_in_words(stripe: StripeGateway) -> None:
    with pytest.raises(GatewayRefused, match="URL"):
        stripe.register_notices("ftp://nowhere")
