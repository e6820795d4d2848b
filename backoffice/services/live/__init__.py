"""Live places: what open pages are told of dates while people book them. Never used for a decision."""

from backoffice.domain.places import say_places
from backoffice.services.live.hub import Hub, NoRoom, get_hub, wire
from backoffice.services.live.intents import VISITOR, intend, others
from backoffice.services.live.reading import MOST_IDS, Look, Told, look
from backoffice.services.live.stream import Listener, Stream
from backoffice.services.live.touching import touch

__all__ = [
    "MOST_IDS",
    "VISITOR",
    "Hub",
    "Listener",
    "Look",
    "NoRoom",
    "Stream",
    "Told",
    "get_hub",
    "intend",
    "look",
    "others",
    "say_places",
    "touch",
    "wire",
]
