"""The RQ queues. They only carry ids: what is to be done lies in the database."""

from flask import Flask, current_app
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

# One queue per worker process: two on one worker lose a job that dies between pop and start.
MAIL = "mail"
BULK = "bulk"
MONEY = "money"
QUEUES = (MAIL, BULK, MONEY)

SEND_MESSAGES = "backoffice.jobs.mail.send_messages"
SEND_ROUND = "backoffice.jobs.mail.send_round"
HANDLE_OUTBOX = "backoffice.jobs.outbox.handle"
APPLY_GATEWAY_EVENT = "backoffice.jobs.gateways.apply_event"
CHECK_PAYMENT = "backoffice.jobs.gateways.check_payment"
CARRY_OUT_REFUND = "backoffice.jobs.refunds.carry_out"
COMPARE_ACCOUNT = "backoffice.jobs.reconciling.compare_account"
MAKE_CERTIFICATES = "backoffice.jobs.certificates.make_certificates"
# All that a worker may be asked to run. Redis names functions by text; anything else it names is refused.
FUNCTIONS = {
    SEND_MESSAGES,
    SEND_ROUND,
    HANDLE_OUTBOX,
    APPLY_GATEWAY_EVENT,
    CHECK_PAYMENT,
    CARRY_OUT_REFUND,
    COMPARE_ACCOUNT,
    MAKE_CERTIFICATES,
}


def connect(app: Flask | None = None) -> Redis:
    """A connection to Redis that gives up soon: a page must not hang on it."""
    app = app or current_app
    if "redis" not in app.extensions:
        url = app.extensions["settings"].redis_url
        app.extensions["redis"] = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=1)
    return app.extensions["redis"]


def connect_worker(app: Flask) -> Redis:
    """A connection of the worker's own, which may wait long for the next job."""
    return Redis.from_url(
        app.extensions["settings"].redis_url, socket_connect_timeout=5, socket_keepalive=True
    )


def queue(name: str, connection: Redis | None = None) -> Queue:
    """A queue by name. JSON, never pickle: a reachable Redis must not mean running code."""
    return Queue(name, connection=connection or connect(), serializer=JSONSerializer)
