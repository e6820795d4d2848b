"""How full a date is, in one word that every page, mail and feed uses."""

FREE = "free"
FEW = "few"
FULL = "full"
# It has begun, was called off or is not offered any more.
CLOSED = "closed"
STATES = (FREE, FEW, FULL, CLOSED)

# From here on a page says "only", however large the room is.
MOST_THAT_ARE_FEW = 5


def say_places(left: int, capacity: int) -> str:
    """`free`, `few` or `full`. Few: at most a quarter of the places, and never more than five."""
    if left <= 0:
        return FULL
    few = min(MOST_THAT_ARE_FEW, max(1, capacity // 4))
    return FEW if left <= few else FREE
