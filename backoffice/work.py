"""One unit of work at the edge: run it, commit once, and say what the database refused in words."""

from collections.abc import Callable
from typing import TypeVar

from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, Invalid, Refused, from_constraint

T = TypeVar("T")
Asked = TypeVar("Asked")
Said = TypeVar("Said")

TRIES = 3
# The transaction lost against another one; alone it would have gone through.
LOST = (pg.DeadlockDetected, pg.SerializationFailure)


def commit_once(work: Callable[[], T]) -> T:
    """Run the work and commit it; a lost race, or a connection that died before the commit, is tried twice again.

    Raises DomainError: the work's own, or the sentence of the constraint that the database held up.
    """
    for _ in range(TRIES - 1):
        try:
            return _run(work)
        except CutOff:
            continue
        except DBAPIError as error:
            if not isinstance(error.orig, LOST):
                raise refusal(error) from error
    try:
        return _run(work)
    except CutOff as error:
        raise error.__cause__ or error from None
    except DBAPIError as error:
        raise refusal(error) from error


def commit_around(
    prepare: Callable[[], Asked], call: Callable[[Asked], Said], keep: Callable[[Asked, Said], T]
) -> T:
    """Commit what is about to be asked, ask without any lock held, and commit the answer.

    Raises what `call` raises, with the first part committed: whoever comes next finds it written down.
    """
    asked = commit_once(prepare)
    said = call(asked)
    return commit_once(lambda: keep(asked, said))


class CutOff(RuntimeError):
    """The connection died before the commit was asked for: nothing of the work is in."""


def _run(work: Callable[[], T]) -> T:
    try:
        result = _work(work)
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise Changed() from error
    except BaseException:
        db.session.rollback()
        raise
    return result


def _work(work: Callable[[], T]) -> T:
    try:
        return work()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise CutOff() from error
        raise


def refusal(error: DBAPIError) -> DomainError:
    """What a database error means to a person; an error that is nobody's input is raised as it is."""
    cause = error.orig
    if isinstance(cause, pg.IntegrityError):
        return from_constraint(cause.diag.constraint_name or "")
    if isinstance(cause, pg.DataError):
        return Invalid("invalid", "One of the values cannot be stored. Check what you entered.")
    if isinstance(cause, pg.InsufficientPrivilege):
        return Refused("not_writable", "This value is kept by the system and cannot be changed by hand.")
    if isinstance(cause, LOST):
        return Refused("busy", "Many people are changing this at the moment. Please try again.")
    raise error
