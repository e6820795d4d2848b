"""The application: all simulators behind one server, each under a path of its own."""

from __future__ import annotations

from functools import partial

from flask import Flask, render_template

from simulators.control import control
from simulators.flutterwave.api import api as flutterwave_api
from simulators.flutterwave.api import pages as flutterwave_pages
from simulators.mpesa.api import api as mpesa_api
from simulators.mpesa.api import phone as mpesa_phone
from simulators.mpesa.api import tick as mpesa_tick
from simulators.stripe.api import api as stripe_api
from simulators.stripe.clock import tick as stripe_tick
from simulators.stripe.pages import pages as stripe_pages
from simulators.world import World

PARTS = (stripe_api, stripe_pages, mpesa_api, mpesa_phone, flutterwave_api, flutterwave_pages, control)
TICKS = (stripe_tick, mpesa_tick)


def create_app(world: World) -> Flask:
    app = Flask("simulators", template_folder="templates", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    app.extensions["world"] = world
    app.add_url_rule("/", "front", lambda: render_template("front.html"))
    for part in PARTS:
        app.register_blueprint(part)
    world.courier.ticks.extend(partial(tick, world) for tick in TICKS)
    return app
