"""The register of a date: one page for instructors and staff, made for a telephone first."""

from backoffice.views.admin.registers import marks, page, people, sheets, worker  # noqa: F401, I001 - their routes
from backoffice.views.admin.registers.blueprint import blueprint as blueprint
from backoffice.views.admin.registers.blueprint import register_url as register_url
