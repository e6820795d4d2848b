"""`make shape`: the signs of drift in the code, beside the mark past which to look again. It never fails."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PROGRAM = ("backoffice", "migrations", "app.py")
BLOCK = 8
NESTING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore)")
PATCHED = re.compile(r"\bmonkeypatch\.setattr\(|\bmock\.patch|\bpatch\(|\bMagicMock\(")


@dataclass
class Module:
    """One source file: its lines and its tree."""

    path: Path
    lines: list[str]
    tree: ast.Module
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = field(init=False)

    def __post_init__(self) -> None:
        self.functions = [node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS)]

    @property
    def name(self) -> str:
        parts = self.path.relative_to(PROJECT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def code_lines(self) -> list[str]:
        return [line.strip() for line in self.lines if line.strip() and not line.strip().startswith("#")]


def read(*places: str) -> list[Module]:
    files = [file for place in places for file in sorted(python_files(PROJECT / place))]
    modules = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        modules.append(Module(file, text.splitlines(), ast.parse(text)))
    return modules


def python_files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from place.rglob("*.py")


def percentile(values: list[int], percent: int) -> int:
    ordered = sorted(values) or [0]
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def depth(node: ast.AST) -> int:
    """Blocks within blocks; an `elif` is no deeper than its `if`, a function within starts anew."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, depth(child) + (isinstance(child, NESTING) and not is_elif))
    return deepest


def hidden_imports(module: Module) -> int:
    inside = (node for function in module.functions for node in ast.walk(function))
    return sum(isinstance(node, ast.Import | ast.ImportFrom) for node in inside)


def repeated_lines(modules: list[Module]) -> int:
    """Lines in a block of eight that stands somewhere else as well."""
    seen = Counter(block for module in modules for block in blocks(module))
    total = 0
    for module in modules:
        repeated: set[int] = set()
        for start, block in enumerate(blocks(module)):
            if seen[block] > 1:
                repeated.update(range(start, start + BLOCK))
        total += len(repeated)
    return total


def blocks(module: Module) -> list[tuple[str, ...]]:
    lines = module.code_lines()
    return [tuple(lines[start : start + BLOCK]) for start in range(len(lines) - BLOCK + 1)]


def imports_of(module: Module, names: set[str]) -> set[str]:
    """Modules of ours that it imports when it is loaded."""
    found = set()
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (whole & names) or {node.module}
    return (found & names) - {module.name}


def cycles(modules: list[Module]) -> list[str]:
    """Modules that import themselves by way of others."""
    names = {module.name for module in modules}
    graph = {module.name: imports_of(module, names) for module in modules}
    return sorted(name for name in names if name in reachable(graph, name))


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


@dataclass(frozen=True)
class Sign:
    """One measure; `limit` is where to look again, in the direction that `below` says."""

    name: str
    value: float
    limit: float
    below: bool = False

    def line(self) -> str:
        drifts = self.value < self.limit if self.below else self.value > self.limit
        word = "below" if self.below else "past"
        return f"{self.name:<44}{self.value:>9.2f}   {word} {self.limit:g}{'   LOOK' if drifts else ''}"


def signs(program: list[Module], tests: list[Module]) -> list[Sign]:
    functions = [function for module in program for function in module.functions]
    lengths = [length(function) for function in functions]
    nesting = [depth(function) for function in functions]
    files = [len(module.lines) for module in program]
    lines = sum(files) or 1
    cases = [test for module in tests for test in module.functions if test.name.startswith("test_")]
    return [
        Sign("function lines, median", percentile(lengths, 50), 9),
        Sign("function lines, p90", percentile(lengths, 90), 30),
        Sign("functions over 50 lines, %", share(sum(n > 50 for n in lengths), len(lengths)), 3),
        Sign("nesting, p90", percentile(nesting, 90), 2),
        Sign("nesting, p99", percentile(nesting, 99), 4),
        Sign("file lines, p90", percentile(files, 90), 200),
        Sign("file lines, longest", max(files, default=0), 500),
        Sign("modules in import cycles", len(cycles(program)), 0),
        Sign(
            "imports hidden in functions per 1,000 lines", 1000 * sum(map(hidden_imports, program)) / lines, 1
        ),
        Sign("lines in repeated 8-line blocks, %", share(repeated_lines(program), lines), 4),
        Sign("noqa and type: ignore per 1,000 lines", 1000 * matches(program, SILENCED) / lines, 1),
        Sign("test lines per code line", sum(len(module.lines) for module in tests) / lines, 1, below=True),
        Sign("patches per 100 tests", share(matches(tests, PATCHED), len(cases)), 10),
    ]


def matches(modules: list[Module], pattern: re.Pattern[str]) -> int:
    return sum(bool(pattern.search(line)) for module in modules for line in module.lines)


def share(part: int, whole: int) -> float:
    return 100 * part / (whole or 1)


def longest(program: list[Module]) -> Iterator[str]:
    found = [(length(function), module, function) for module in program for function in module.functions]
    for lines, module, function in sorted(found, key=lambda entry: -entry[0])[:5]:
        yield f"  {lines:>4} lines  {module.path.relative_to(PROJECT)}:{function.lineno} {function.name}"


def main() -> None:
    program, tests = read(*PROGRAM), read("tests")
    print(*(sign.line() for sign in signs(program, tests)), sep="\n")
    print("\nLongest functions:", *longest(program), sep="\n")
    for name in cycles(program):
        print(f"In an import cycle: {name}")


if __name__ == "__main__":
    main()
