"""The list of admin screens."""

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme


def register_admin(app: Flask) -> None:
    """Mount Flask-Admin with our own base template."""
    admin = Admin(name="Back office", url="/admin", theme=Bootstrap4Theme(base_template="admin/base.html"))
    admin.init_app(app)
