"""What customers do themselves: sign in by a mailed link, see what is theirs, change and cancel it by the rules."""

from backoffice.services.my.profile import details_of

__all__ = ["details_of"]
