"""The refused rows as a file: their columns as they came and the reason, to be corrected and sent again."""

from collections.abc import Iterator, Mapping, Sequence

from backoffice.documents.spreadsheet_out import csv_rows

REASON = "reason"


def refused_rows(header: Sequence[str], rows: Sequence[tuple[Mapping[str, str], str]]) -> Iterator[bytes]:
    """A CSV file in chunks; `rows` holds the cells and the reason of each refused row."""
    columns = [name for name in header if name != REASON]
    return csv_rows(
        [*columns, REASON], ([*(cells.get(name, "") for name in columns), why] for cells, why in rows)
    )
