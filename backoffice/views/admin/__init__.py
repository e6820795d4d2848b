"""The list of admin screens."""

from flask import Flask
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

from backoffice.models import User
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.users import UserScreen


def screens() -> list[AdminView]:
    """New ones for each app: a view belongs to the app that it is mounted on."""
    return [
        UserScreen(User, endpoint="users"),
    ]


def register_admin(app: Flask) -> None:
    """Mount Flask-Admin with our own base template."""
    admin = Admin(name="Back office", url="/admin", theme=Bootstrap4Theme(base_template="admin/base.html"))
    admin.init_app(app)
    for screen in screens():
        admin.add_view(screen)
