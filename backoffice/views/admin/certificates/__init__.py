"""The screens of certificates."""

from backoffice.views.admin.certificates.screen import CertificateScreen

__all__ = ["CertificateScreen"]
