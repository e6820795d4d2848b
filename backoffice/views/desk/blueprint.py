"""The blueprint of the desk, apart from its pages so that each of them can hang itself on it."""

from flask import Blueprint

desk = Blueprint("desk", __name__)
