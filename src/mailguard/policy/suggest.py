"""What was meant: the keys that a pydantic model knows at a place, and the one nearest to what was written.

Pure and small; it looks at annotations only and never at values.
"""

from __future__ import annotations

import types
import typing
import unicodedata
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from mailguard.mail.saying import Sentence


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` if one known word is near; else the known words, if they are few; else nothing."""
    choices, written = sorted(set(known)), unicodedata.normalize("NFKC", written[:64])  # typed in full width, perhaps
    near = process.extractOne(
        written, choices, scorer=DamerauLevenshtein.distance, score_cutoff=max(1, round(len(written) * 0.4))
    )
    if near is not None:
        return Sentence("{near!r}の間違いではありませんか。", ", did you mean {near!r}?", near=near[0])
    if 0 < len(choices) <= 30:
        return Sentence("ここで使えるのは {known} です。", "; known here: {known}", known=", ".join(choices))
    return ""


def slip_of(written: str, known: Iterable[str]) -> bool:
    """Whether one letter makes it a word that is known here: meant here, though the very word may stand elsewhere."""
    return any(DamerauLevenshtein.distance(written[:64], one, score_cutoff=1) == 1 for one in known)


def keys_at(model: type[BaseModel], path: Iterable[str | int]) -> frozenset[str]:
    """The keys that `model` knows at `path` (through fields, lists, mappings and unions)."""
    names: set[str] = set()
    for found in _at(model, path):
        if isinstance(found, type) and issubclass(found, BaseModel):
            names.update(field.alias or name for name, field in found.model_fields.items())
    return frozenset(names)


def _at(model: type[BaseModel], path: Iterable[str | int]) -> list[Any]:
    """The annotations at `path`."""
    here = list(_models(model))
    for step in path:
        here = [one for annotation in here for one in _step(annotation, step)]
    return here


def shapes_at(model: type[BaseModel], path: Iterable[str | int]) -> frozenset[object]:
    """What a value at `path` may be: `str`, `tuple`, a model, ...; of a list `tuple`, whatever it holds."""
    return frozenset(_origin(annotation) for annotation in _at(model, path))


def _origin(annotation: Any) -> object:
    return typing.get_origin(annotation) or annotation


def stands_under(model: type[BaseModel], path: tuple[str | int, ...], written: str) -> str:
    """`; it stands under x:` if a key at this place, or beside it, knows the word; else nothing."""
    for place in (path, path[:-1]):
        for name in sorted(keys_at(model, place)):
            if written in keys_at(model, (*place, name)):
                return Sentence("{name}: の下に書きます。", "; it stands under {name}:", name=name)
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
