"""Frozen dataclasses as plain JSON and back. No pickle: whoever reaches Valkey must not run code here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

Reader = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """`value` as lists, texts and numbers; a dataclass is the list of its fields."""
    if is_dataclass(value):
        return [plain(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value


def read(kind: Any, value: Any) -> Any:
    """What `plain` made of a `kind`: a dataclass, tuple[X, ...], X | None, date, datetime, UUID, or plain already."""
    return _reader(kind)(value)


def outline(kind: Any) -> str:
    """The fields of a `kind` and of what it holds, in words: another outline cannot be read as this one."""
    return _outline(kind)


@cache
def _outline(kind: Any) -> str:
    inner = ", ".join(map(_outline, get_args(kind)))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        inner = ", ".join(f"{each.name}: {_outline(hints[each.name])}" for each in fields(kind))
    name = getattr(get_origin(kind) or kind, "__name__", str(kind))
    return f"{name}({inner})" if inner else name


@cache
def _reader(kind: Any) -> Reader:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _of_tuple(inner)
    if origin in (UnionType, Union):
        some = _reader(next(each for each in inner if each is not type(None)))
        return lambda value: None if value is None else some(value)
    if is_dataclass(kind):
        return _of_dataclass(kind)
    parsers: dict[Any, Reader] = {datetime: datetime.fromisoformat, date: date.fromisoformat, UUID: UUID}
    return parsers.get(kind, lambda value: value)


def _of_tuple(inner: tuple[Any, ...]) -> Reader:
    if len(inner) == 2 and inner[1] is Ellipsis:
        each = _reader(inner[0])
        return lambda value: tuple(map(each, value))
    readers = tuple(map(_reader, inner))
    return lambda value: tuple(read_one(part) for read_one, part in zip(readers, value, strict=True))


def _of_dataclass(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = tuple(_reader(hints[each.name]) for each in fields(kind))
    return lambda value: kind(*(read_one(part) for read_one, part in zip(readers, value, strict=True)))
