"""Series of dates: looked at before anything is saved, made as one act, changed as one act."""

from backoffice.services.series.changing import ChangeIn as ChangeIn
from backoffice.services.series.changing import apply_change as apply_change
from backoffice.services.series.changing import preview_change as preview_change
from backoffice.services.series.planning import SeriesIn as SeriesIn
from backoffice.services.series.planning import make as make
from backoffice.services.series.planning import preview as preview
from backoffice.services.series.proposals import Proposal as Proposal
from backoffice.services.series.reading import find_series as find_series
from backoffice.services.series.reading import list_dates as list_dates
from backoffice.services.series.reading import list_series as list_series
from backoffice.services.series.states import publish_drafts as publish_drafts
