"""`make bench`: every measurement as a ratio, in one run on one machine; `python -m bench place` runs one part."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench import (
    certificates,
    finding,
    house,
    lists,
    live,
    mail,
    memory,
    place,
    reminders,
    reports,
    search,
    webhooks,
)
from bench.house import House
from bench.table import Figure, show


def as_it_is(built: House) -> House:
    return built


# part → what it measures, how its database is filled, the measurement
PARTS: dict[str, tuple[str, Callable[[House], Any], Callable[[Any], list[Figure]]]] = {
    "memory": ("A web worker", as_it_is, memory.measure),
    "place": ("Placing a booking, 8 clients", as_it_is, place.measure),
    "mail": ("From the commit to the worker", as_it_is, mail.measure),
    "webhooks": ("A gateway's messages", as_it_is, webhooks.measure),
    "certificates": ("Certificates, 10,000 at once", as_it_is, certificates.measure),
    "reminders": ("Reminders, 10,000 at once", as_it_is, reminders.measure),
    "finding": ("The public catalogue, 10,000 coming dates", finding.prepare, finding.measure),
    "live": ("Live places", as_it_is, live.measure),
    "search": ("Desk search, 200,000 customers", lists.prepare, search.measure),
    "reports": ("Reports over 1,000,000 payments", reports.prepare, reports.measure),
    "lists": ("The bookings list, 1,000 -> 1,000,000 rows", lists.prepare, lists.measure),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all without one")
    wanted = parser.parse_args().parts or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}")
    began = time.monotonic()
    with filled_houses() as filled_by:
        for name in wanted:
            title, fill, measure = PARTS[name]
            show(title, measure(filled_by(name, fill)))
    print(f"\nTook {time.monotonic() - began:.0f} seconds.")


@contextmanager
def filled_houses() -> Iterator[Callable[[str, Callable[[House], Any]], Any]]:
    """Gives each part a database of its own; what takes minutes to fill is filled once and shared."""
    shared: dict[Callable[[House], Any], Any] = {}
    with house.servers() as (postgres, valkey, folder):

        def filled(name: str, fill: Callable[[House], Any]) -> Any:
            if fill is as_it_is:
                return house.build(postgres, valkey, folder, f"bench_{name}")
            if fill not in shared:
                began = time.monotonic()
                shared[fill] = fill(house.build(postgres, valkey, folder, f"bench_{name}"))
                print(f"\n(filling took {time.monotonic() - began:.0f} s)", flush=True)
            return shared[fill]

        yield filled


if __name__ == "__main__":
    main()
