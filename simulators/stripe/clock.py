"""What happens at Stripe by itself: sessions run out, banks answer."""

from __future__ import annotations

import time

from simulators.stripe import paying, refunds, sessions
from simulators.world import World


def tick(world: World) -> None:
    at = time.time()
    with world.store.transaction():
        for account, session in world.store.due("session", at):
            sessions.end(world, account, session)
        for account, intent in world.store.due("payment_intent", at):
            paying.hear_from_bank(world, account, intent)
        for account, refund in world.store.due("refund", at):
            refunds.hear_from_bank(world, account, refund)
