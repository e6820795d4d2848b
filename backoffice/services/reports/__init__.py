"""Reports for managers: what was earned, given back, is owed and is still to come; each figure opens the rows behind it."""

from __future__ import annotations

from backoffice.domain.errors import NotFound
from backoffice.services.reports import revenue
from backoffice.services.reports.control import CONTROL
from backoffice.services.reports.given_back import FEES, REFUNDS
from backoffice.services.reports.liabilities import LIABILITIES
from backoffice.services.reports.occupancy import OCCUPANCY
from backoffice.services.reports.renewals import RENEWALS
from backoffice.services.reports.tables import Report
from backoffice.services.reports.unpaid import UNPAID
from backoffice.services.reports.visits import VISITS

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        *revenue.REPORTS,
        revenue.AVERAGE,
        OCCUPANCY,
        UNPAID,
        REFUNDS,
        FEES,
        LIABILITIES,
        CONTROL,
        *RENEWALS,
        *VISITS,
    )
}


def get(name: str) -> Report:
    """The report of this name; raises NotFound."""
    if name not in REPORTS:
        raise NotFound("There is no such report.")
    return REPORTS[name]
