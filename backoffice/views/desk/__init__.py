"""The phone desk and the day's work queues."""

from flask import Blueprint

desk = Blueprint("desk", __name__)
