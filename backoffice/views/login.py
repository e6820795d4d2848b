"""Signing in and out."""

from flask import Blueprint

blueprint = Blueprint("login", __name__)
