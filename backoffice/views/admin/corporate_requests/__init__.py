"""What companies ask for, as a list of work."""

from backoffice.views.admin.corporate_requests.screen import CorporateRequestScreen as CorporateRequestScreen
