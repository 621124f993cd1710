"""What was meant: the keys that a pydantic model knows at a place, and the one nearest to what was written.

Pure and small; it looks at annotations only and never at values.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` if one known word is near; else the known words, if they are few; else nothing."""
    choices = sorted(set(known))
    near = process.extractOne(
        written[:64], choices, scorer=DamerauLevenshtein.distance, score_cutoff=max(1, round(len(written[:64]) * 0.4))
    )
    if near is not None:
        return f", did you mean {near[0]!r}?"
    return f"; known here: {', '.join(choices)}" if 0 < len(choices) <= 30 else ""


def keys_at(model: type[BaseModel], path: Iterable[str | int]) -> frozenset[str]:
    """The keys that `model` knows at `path` (through fields, lists, mappings and unions)."""
    here = list(_models(model))
    for step in path:
        following: list[Any] = []
        for annotation in here:
            following.extend(_step(annotation, step))
        here = following
    names: set[str] = set()
    for found in here:
        if isinstance(found, type) and issubclass(found, BaseModel):
            names.update(field.alias or name for name, field in found.model_fields.items())
    return frozenset(names)


def stands_under(model: type[BaseModel], path: tuple[str | int, ...], written: str) -> str:
    """`; it stands under x:` if a key at this place, or beside it, knows the word; else nothing."""
    for place in (path, path[:-1]):
        for name in sorted(keys_at(model, place)):
            if written in keys_at(model, (*place, name)):
                return f"; it stands under {name}:"
    return ""


def _step(annotation: Any, step: str | int) -> Iterable[Any]:
    """The annotations one step further."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if step in (field.alias or name, name):
                yield from _models(field.annotation)
        return
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin in (list, tuple, set, frozenset) and isinstance(step, int):
        for argument in arguments:
            yield from _models(argument)
    elif arguments and isinstance(origin, type) and issubclass(origin, typing.Mapping):
        yield from _models(arguments[-1])


def _models(annotation: Any) -> Iterable[Any]:
    """What an annotation may stand for: unions opened, Annotated taken off."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for argument in typing.get_args(annotation):
            yield from _models(argument)
    elif origin is typing.Annotated:
        yield from _models(typing.get_args(annotation)[0])
    elif annotation is not Ellipsis:
        yield annotation
