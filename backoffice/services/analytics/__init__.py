"""Visits to the public site, counted without cookies: noted in Valkey by the pages, kept in the database by a job."""

from backoffice.services.analytics.keeping import keep
from backoffice.services.analytics.noting import About, Look, note

__all__ = ["About", "Look", "keep", "note"]
