"""The two jobs of an upload. Both may be told twice; neither commits, the outbox does."""

from uuid import UUID

from backoffice.services.imports import runs


def check(run_id: str) -> None:
    """Judge every row of an upload, and change nothing."""
    runs.check(UUID(run_id))


def carry_out(run_id: str) -> None:
    """Write what was judged good, all of it or nothing."""
    runs.carry_out(UUID(run_id))


HANDLERS = {runs.CHECK: check, runs.WRITE: carry_out}
