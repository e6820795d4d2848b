"""The public site as its provider sets it up: words, colour, pictures, addresses, and whether it is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from wtforms import ColorField, URLField, validators

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.domain.site_words import NETWORKS, URL_MAXIMUM
from backoffice.services import site_domains, site_look, tenants
from backoffice.services.certificates import look as certificate_look
from backoffice.views.admin.fields import block, line
from backoffice.views.admin.forms import PlainText, ScreenForm, VersionField
from backoffice.views.requests import current_actor, current_tenant, host_name
from backoffice.work import commit_once

blueprint = Blueprint("site_look", __name__, url_prefix="/admin/site")


def _network(label: str) -> Any:
    return URLField(label, [PlainText(URL_MAXIMUM)])


class SiteForm(ScreenForm):
    """The fields are named as `site_look.CLEANERS` names them."""

    version = VersionField()
    title = line("Title", 120, "Large, at the top of the first page. Left empty: your name.")
    subtitle = line("Below it", 300, "One sentence on what people find here.")
    colour = ColorField(
        "Colour",
        [validators.InputRequired("Fill this in.")],
        description="Of buttons, links and the bar at the top. White letters stand on it, and it stands on white.",
    )
    biography = block(
        "About you", 5000, "Who you are and how you teach; below the courses on the first page."
    )
    footer = block("At the foot", 500, "For example your company number, or who accredits you.")
    facebook = _network("Facebook")
    instagram = _network("Instagram")
    linkedin = _network("LinkedIn")
    youtube = _network("YouTube")
    x = _network("X")
    tiktok = _network("TikTok")

    def chosen(self) -> dict[str, Any]:
        return {name: self[name].data for name in site_look.CLEANERS}


@blueprint.get("/")
def index_view() -> str:
    """The form beside a preview, the pictures, the addresses."""
    return _page(_stored())


@blueprint.post("/")
def save() -> Any:
    """Keep the words and the colour."""
    form = SiteForm(request.form)
    if not form.validate():
        return _page(form), 422
    try:
        version = form.version.data
        _commit(lambda: site_look.update(form.chosen(), current_actor(), version=version))
    except DomainError as error:
        form.refuse(error)
        return _page(form), error.status
    return _done("The public site looks like this now.")


@blueprint.post("/publish")
def publish() -> Any:
    """Open the site to everybody."""
    _commit(lambda: site_look.publish(current_actor()))
    return _done("The public site is open.")


@blueprint.post("/unpublish")
def unpublish() -> Any:
    """Close the site."""
    _commit(lambda: site_look.unpublish(current_actor()))
    return _done("The public site is closed. Links that were mailed go on working.")


@blueprint.post("/picture/<name>")
def upload(name: str) -> Any:
    """Take the uploaded picture, made into one of our own, as the site's "hero" or "logo"."""
    if name not in site_look.PICTURES:
        abort(404)
    file = request.files.get(name)
    content = file.read() if file else b""
    try:
        _commit(lambda: site_look.set_picture(name, content, current_actor()))
    except DomainError as error:
        return _page(_stored(), picture_errors={name: error.message}), error.status
    return _done("The picture is saved.", "pictures")


@blueprint.post("/picture/logo/of-certificates")
def take_certificate_logo() -> Any:
    """Show the logo of the certificates on the site as well."""
    _commit(lambda: site_look.take_certificate_logo(current_actor()))
    return _done("The site shows the logo of your certificates.", "pictures")


@blueprint.post("/picture/<name>/remove")
def remove_picture(name: str) -> Any:
    """Show the site without this picture."""
    _commit(lambda: site_look.remove_picture(name, current_actor()))
    return _done("The picture is gone.", "pictures")


@blueprint.post("/addresses")
def add_address() -> Any:
    """Have one more host name lead here."""
    typed = request.form.get("host", "")
    try:
        host = _commit(lambda: site_domains.add(typed, current_actor()))
    except DomainError as error:
        return _page(_stored(), host_error=error.message, host_typed=typed[:300]), error.status
    return _done(f"{host} leads to your pages now, once its DNS points here.", "addresses")


@blueprint.post("/addresses/primary")
def make_primary() -> Any:
    """Have mails lead to this host name, from the address itself."""
    return _change_address(site_domains.make_primary, "Mails and documents lead to {} from now on.")


@blueprint.post("/addresses/remove")
def remove_address() -> Any:
    """Have a host name lead nowhere."""
    return _change_address(site_domains.remove, "{} leads here no more.")


def _change_address(change: Callable[..., None], sentence: str) -> Any:
    host = request.form.get("host", "")[:253]
    try:
        _commit(lambda: change(host, current_actor(), seen_at=host_name().lower()))
    except DomainError as error:
        return _page(_stored(), address_error=error.message), error.status
    return _done(sentence.format(host), "addresses")


def _commit(work: Callable[[], Any]) -> Any:
    """Commit; then have this process read what changed. A refusal leaves nothing half done."""
    try:
        return commit_once(work)
    except DomainError:
        db.session.rollback()
        raise
    finally:
        site_look.forget()
        tenants.forget_hosts()


def _stored() -> SiteForm:
    site = site_look.find()
    chosen = site_look.choices()
    return SiteForm(
        data=chosen
        | {
            "colour": chosen["colour"] or site_look.house_colour(current_tenant()),
            "version": site.version if site else 0,
        }
    )


def _page(form: SiteForm, **said: Any) -> str:
    values: dict[str, Any] = {"picture_errors": {}, "host_error": "", "host_typed": "", "address_error": ""}
    return render_template(
        "admin/site_look/index.html",
        form=form,
        look=site_look.read(),
        networks=list(NETWORKS),
        domains=site_domains.list_own(),
        here=host_name().lower(),
        has_certificate_logo=certificate_look.find_logo() is not None,
        may_edit=current_actor().may("settings.edit"),
        **values | said,
    )


def _done(sentence: str, part: str | None = None) -> Any:
    flash(sentence, "success")
    return redirect(url_for(".index_view", _anchor=part), 303)
