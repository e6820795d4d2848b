"""How the public site looks: words, colour, logo, hero picture, where else the provider is found; and whether it is open."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.documents.certificate_pdf import COLOUR
from backoffice.domain.actor import Actor
from backoffice.domain.colours import clean_ground, darkened, mixed, pale
from backoffice.domain.errors import Changed, Invalid, NotFound
from backoffice.domain.site_words import NETWORKS, clean_social_link
from backoffice.domain.text import say_phone
from backoffice.models import Tenant, TenantSite
from backoffice.services import audit, catalogue, cleaning, pictures
from backoffice.services.certificates import look as certificate_look
from backoffice.services.pictures import Shown
from backoffice.tenancy import current_tenant_id

REMEMBER_SECONDS = 10
MOST_REMEMBERED = 2_000
# What pictures a site has: name in the address -> (column, words).
PICTURES = {"hero": ("hero_picture_id", "picture at the top"), "logo": ("logo_picture_id", "logo")}

CLEANERS: dict[str, cleaning.Cleaner] = {
    "title": cleaning.line(120),
    "subtitle": cleaning.line(300),
    "colour": lambda name, value: clean_ground(value, field=name) if value else None,
    "biography": cleaning.block(5000),
    "footer": cleaning.line(500),
    **{network: lambda name, value: clean_social_link(name, value) for network in NETWORKS},
}


@dataclass(frozen=True)
class SocialLink:
    """Where else the provider is found; `label` is the network's name."""

    network: str
    label: str
    url: str


@dataclass(frozen=True)
class SiteLook:
    """What the public pages show of the provider. Texts may be empty; the colours are "#rrggbb"."""

    name: str
    title: str
    subtitle: str
    colour: str
    biography: str
    footer: str
    social_links: tuple[SocialLink, ...]
    logo: Shown | None
    hero: Shown | None
    is_published: bool
    phone: str
    phone_link: str
    email: str
    website: str
    address: str

    @property
    def colour_dark(self) -> str:
        """For headings and the bar at the top: white letters stand on it even more clearly."""
        return mixed(self.colour, "#10191b", 45)

    @property
    def colour_pale(self) -> str:
        """A ground for dark letters."""
        return pale(self.colour)

    @property
    def logo_url(self) -> str | None:
        return self.logo.small_url if self.logo else None

    @property
    def style_version(self) -> str:
        """Changes with the colours: the style sheet of a version can be kept for ever."""
        return hashlib.sha256(self.style.encode()).hexdigest()[:12]

    @property
    def style(self) -> str:
        """The provider's colours as a style sheet, in the names of public.css."""
        return f":root {{ --pine: {self.colour}; --pine-dark: {self.colour_dark}; --pine-pale: {self.colour_pale}; }}\n"


# tenant -> (until, look)
_known: dict[UUID, tuple[float, SiteLook]] = {}


def of_tenant() -> SiteLook:
    """The look of the current tenant's site, remembered for some seconds."""
    tenant_id = current_tenant_id()
    known = _known.get(tenant_id)
    if known and known[0] > time.monotonic():
        return known[1]
    look = read()
    if len(_known) > MOST_REMEMBERED:
        _known.clear()
    _known[tenant_id] = (time.monotonic() + REMEMBER_SECONDS, look)
    return look


def forget() -> None:
    """Read the look again the next time: after a change was committed."""
    _known.pop(current_tenant_id(), None)


def read() -> SiteLook:
    """The look as it is stored at this moment."""
    return look_of(catalogue.current_tenant(), find() or TenantSite(social_links={}))


def find() -> TenantSite | None:
    """What was chosen for the site, or None where nothing was yet."""
    return db.session.scalar(select(TenantSite))


def look_of(tenant: Tenant, site: TenantSite) -> SiteLook:
    """What the pages show of this choice."""
    shown = pictures.shown_of([site.hero_picture_id, site.logo_picture_id])
    return SiteLook(
        name=tenant.name,
        title=site.title or tenant.name,
        subtitle=site.subtitle or "",
        colour=site.colour or house_colour(tenant),
        biography=site.biography or "",
        footer=site.footer or "",
        social_links=_links(site.social_links),
        logo=shown.get(site.logo_picture_id) if site.logo_picture_id else None,
        hero=shown.get(site.hero_picture_id) if site.hero_picture_id else None,
        is_published=bool(site.is_published),
        phone=say_phone(tenant.phone, tenant.country) if tenant.phone else "",
        phone_link=tenant.phone or "",
        email=tenant.email or "",
        website=tenant.website or "",
        address=tenant.address or "",
    )


def house_colour(tenant: Tenant) -> str:
    """The colour without a choice for the site: that of the certificates, in a shade that pages can be read in."""
    return darkened(str(tenant.settings.get("certificate_colour") or COLOUR))


def choices() -> dict[str, str]:
    """What was chosen, by the keys of CLEANERS; empty where nothing was."""
    site = find()
    if site is None:
        return dict.fromkeys(CLEANERS, "")
    plain = {name: getattr(site, name) or "" for name in CLEANERS if name not in NETWORKS}
    return plain | {name: str(site.social_links.get(name, "")) for name in NETWORKS}


def update(values: Mapping[str, Any], actor: Actor, *, version: int | None = None) -> None:
    """Change what is given of CLEANERS. Raises Forbidden, Invalid, Changed."""
    actor.require("settings.edit")
    cleaned = cleaning.clean_all(values, CLEANERS)
    site = _own(version)
    before = choices()
    old, new = audit.differences(before, {name: value or "" for name, value in cleaned.items()})
    if not new:
        return
    for name in new:
        if name not in NETWORKS:
            setattr(site, name, cleaned[name])
    links = {name: cleaned.get(name, before[name]) for name in NETWORKS}
    site.social_links = {name: url for name, url in links.items() if url}
    _keep(site, actor, "site:update", old=old, new=new)


def publish(actor: Actor) -> None:
    """Open the site to everybody. Raises Forbidden."""
    _set_published(True, actor)


def unpublish(actor: Actor) -> None:
    """Close the site; links that were mailed go on working. Raises Forbidden."""
    _set_published(False, actor)


def set_picture(name: str, uploaded: bytes, actor: Actor) -> None:
    """Make this the site's "hero" or "logo". Raises Forbidden, NotFound, Invalid (of that field)."""
    actor.require("settings.edit")
    column, words = _picture(name)
    picture = pictures.store(uploaded, field=name)
    site = _own()
    pictures.let_go(getattr(site, column))
    setattr(site, column, picture.id)
    _keep(site, actor, "site:picture", new={"what": words, "picture": str(picture)})


def take_certificate_logo(actor: Actor) -> None:
    """Make the logo of the certificates that of the site as well. Raises Forbidden, NotFound."""
    actor.require("settings.edit")
    found = certificate_look.find_logo()
    if found is None:
        raise NotFound("The certificates have no logo.")
    set_picture("logo", found.content, actor)


def remove_picture(name: str, actor: Actor) -> None:
    """Show the site without it. Raises Forbidden, NotFound."""
    actor.require("settings.edit")
    column, words = _picture(name)
    site = _own()
    if getattr(site, column) is None:
        raise NotFound("There is no picture.")
    pictures.let_go(getattr(site, column))
    setattr(site, column, None)
    _keep(site, actor, "site:picture_removed", new={"what": words})


def _picture(name: str) -> tuple[str, str]:
    if name not in PICTURES:
        raise NotFound()
    return PICTURES[name]


def _set_published(is_published: bool, actor: Actor) -> None:
    actor.require("settings.edit")
    site = _own()
    if bool(site.is_published) == is_published:
        return
    site.is_published = is_published
    _keep(site, actor, "site:publish" if is_published else "site:unpublish")


def _own(version: int | None = None) -> TenantSite:
    """The row to change; a new one where there is none. Raises Changed for another version than the form's."""
    # Whoever comes second waits, and then sees what the first has written.
    locked = select(TenantSite).with_for_update(key_share=True).execution_options(populate_existing=True)
    site = db.session.scalar(locked)
    if version is not None and version != (site.version if site else 0):
        raise Changed()
    return site or TenantSite(social_links={}, is_published=False)


def _keep(site: TenantSite, actor: Actor, action: str, **values: dict[str, Any]) -> None:
    db.session.add(site)
    db.session.flush()
    audit.record(actor, action, site, **values)
    forget()


def _links(stored: Mapping[str, Any]) -> tuple[SocialLink, ...]:
    """In the order of NETWORKS. What an import left is checked once more before it becomes a link."""
    found = []
    for network, (label, _) in NETWORKS.items():
        try:
            url = clean_social_link(network, stored.get(network))
        except Invalid:
            continue
        if url:
            found.append(SocialLink(network, label, url))
    return tuple(found)
