"""Series of dates: planning one, its page, and changing its dates together."""

from backoffice.views.admin.series.pages import blueprint as blueprint
