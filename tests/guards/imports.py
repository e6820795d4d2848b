"""Reads which module of the program imports which: the syntax tree is enough, nothing is run."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PACKAGE = "backoffice"
PROJECT = Path(__file__).resolve().parents[2]

Sources = Mapping[str, str]

# Who may import what: names of packages and modules directly under `backoffice`; each may also import itself.
# Infrastructure stands in the same table: database, tenancy, sealing, logs, work, config.
ROOMS: dict[str, str] = {
    "domain": "",
    "models": "domain database sealing",
    "gateways": "domain",
    "documents": "domain",
    "services": "models gateways documents domain database tenancy sealing logs config",
    "views": "services models gateways documents domain jobs database tenancy sealing logs work config",
    "jobs": "services models gateways domain database tenancy logs work config",
    "commands": "services models documents domain jobs database tenancy sealing logs work config launch",
    "launch": "config embedded",
    "tenancy": "",
    "database": "tenancy",
    "sealing": "tenancy",
    "logs": "tenancy",
    "work": "database domain",
    "pool": "",
    "config": "launch",
    "embedded": "launch",
    # create_app: the one place that wires the parts together.
    PACKAGE: "commands config database gateways jobs logs models pool sealing tenancy views",
}

# The domain is tables of tests: nothing it imports may reach a database, a request, a file or the network.
DOMAIN_LIBRARIES = """
    __future__ collections dataclasses datetime decimal enum functools ipaddress itertools math re types typing
    unicodedata uuid zoneinfo phonenumbers email_validator babel
    dateutil
"""
CLOCKS = frozenset({"now", "utcnow", "today", "open"})


def read_sources(package: str = PACKAGE) -> dict[str, str]:
    """Every module of the program, or of another package beside it, by its dotted name."""
    files = (PROJECT / package).rglob("*.py")
    return {name_of(file.relative_to(PROJECT)): file.read_text(encoding="utf-8") for file in files}


def name_of(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(source: str) -> Iterator[tuple[str, str]]:
    """What a module imports, as (module, name taken from it); the name is "" for `import a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{'.' * node.level}{node.module or ''}"
            yield from ((module, alias.name) for alias in node.names)


def room_of(module: str) -> str:
    """The package or module directly under the program's own; the program itself for its root."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else PACKAGE


def imports_upwards(sources: Sources) -> list[str]:
    """What breaks the table of rooms. Imports by dots are none: they hide what they mean."""
    found = set()
    for module, source in sources.items():
        allowed = {room_of(module), *ROOMS.get(room_of(module), "").split()}
        for target, name in imported_by(source):
            room = _room_imported(target, name)
            if room is not None and room not in allowed:
                found.add(f"{module} imports {room}")
    return sorted(found)


def _room_imported(target: str, name: str) -> str | None:
    """The room of an import, `backoffice` for the whole program; None for a library."""
    if target.startswith("."):
        return "by dots"
    if target == PACKAGE:
        return name if name in ROOMS else PACKAGE
    return room_of(target) if target.startswith(f"{PACKAGE}.") else None


def imports_of_the_program(sources: Sources) -> list[str]:
    """Modules that take anything from the program."""
    return sorted(
        module
        for module, source in sources.items()
        if any(target.split(".")[0] == PACKAGE for target, _ in imported_by(source))
    )


def unknown_rooms(sources: Sources) -> set[str]:
    """Packages and modules that the table does not name."""
    return {room_of(module) for module in sources} - set(ROOMS)


def impure_domain(sources: Sources) -> list[str]:
    """Libraries and clocks in the domain."""
    found = []
    for module, source in sources.items():
        if room_of(module) != "domain":
            continue
        roots = {target.split(".")[0] for target, _ in imported_by(source)} - {PACKAGE}
        found += [f"{module} imports {root}" for root in sorted(roots - set(DOMAIN_LIBRARIES.split()))]
        found += [f"{module} calls {clock}" for clock in clocks_in(source)]
    return found


def clocks_in(source: str) -> list[str]:
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    names = (
        called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "") for called in calls
    )
    return sorted({name for name in names if name in CLOCKS})


def cycles(sources: Sources) -> list[list[str]]:
    """Modules that import each other round in a ring."""
    edges = {module: set(_targets(module, sources)) for module in sources}
    return [sorted(ring) for ring in _strongly_connected(edges) if len(ring) > 1]


def _targets(module: str, sources: Sources) -> Iterator[str]:
    """The modules that a module takes names from; of `from package import part` the part is what counts."""
    for target, name in imported_by(sources[module]):
        part = f"{target}.{name}"
        taken = part if part in sources else target
        if taken in sources and taken != module:
            yield taken


def _strongly_connected(edges: Mapping[str, Iterable[str]]) -> list[set[str]]:
    reach = {start: _reachable(start, edges) for start in edges}
    rings = {frozenset({a} | {b for b in reach[a] if a in reach[b]}) for a in edges}
    return [set(ring) for ring in rings]


def _reachable(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += edges.get(module, ())
    return seen
