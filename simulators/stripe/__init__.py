"""Stripe, as far as Checkout in payment mode needs it: https://docs.stripe.com/api."""

# Of the API that stripe-python 16 speaks.
API_VERSION = "2026-10-28.endive"
