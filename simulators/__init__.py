"""Stand-ins for Stripe, M-Pesa and Flutterwave: they answer as those do, and no money moves.

Used by the tests and by `make run` where no keys are set. Written from the gateways' public documentation
alone: nothing of the program is imported here, so that a misreading is not made twice.
"""
