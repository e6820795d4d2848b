"""Spreadsheets that come in: read, judged row by row, and written in one transaction."""

from backoffice.services.imports.kind import OUTCOMES as OUTCOMES
from backoffice.services.imports.kind import Verdict as Verdict
from backoffice.services.imports.refused_file import refused_rows as refused_rows
from backoffice.services.imports.runner import KINDS as KINDS
from backoffice.services.imports.runner import Judged as Judged
from backoffice.services.imports.runner import Table as Table
from backoffice.services.imports.runner import judge as judge
from backoffice.services.imports.runner import read as read
from backoffice.services.imports.runner import write as write
