"""Whether the program lives and its parts answer."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)
