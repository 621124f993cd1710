"""Writes the tables of docs/policy.md from the schema of the policy language: the page says what the loader takes.

Between two marks everything is written by this tool: docstrings of models, descriptions and examples of fields. What
stands outside is prose and stays.

    python tools/policy_docs.py            write the page
    python tools/policy_docs.py --check    status 1 if the page is not what would be written
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mailguard.policy.schema import ConditionModel, ExampleModel, FileModel, ListModel, RuleModel, ThenModel
from mailguard.policy.schema.then import WORDS
from mailguard.policy.values import Comparison

PAGE = Path(__file__).parent.parent / "docs" / "policy.md"
COMMAND = "python tools/policy_docs.py"
_MARK = re.compile(r"(<!-- (\w+): written by tools/policy_docs\.py -->\n).*?(\n<!-- end of \2 -->)", re.DOTALL)
_KINDS = {bool: "`true` or `false`", int: "a number", float: "a number", timedelta: "a time"}
_TREE = ("all_", "any_", "not_")


def page(text: str) -> str:
    """The page with everything between marks written anew. Raises KeyError for a mark that nobody knows."""
    return _MARK.sub(lambda found: f"{found[1]}\n{SECTIONS[found[2]]()}\n{found[3]}", text)


def conditions() -> str:
    """One section a key of a condition, in the order of the schema."""
    tree = {name: ConditionModel.model_fields[name] for name in _TREE}
    parts = [_table(tree.items())]
    for name, field in ConditionModel.model_fields.items():
        if name not in _TREE:
            parts.append(_condition(field.alias or name, field))
    return "\n\n".join(parts)


def _condition(key: str, field: FieldInfo) -> str:
    models = list(_models(field.annotation))
    said = [_sentence(field.description or ""), *map(_prose, models[:1])]
    lines = [f"### {key}", "", " ".join(said), ""]
    lines += ["```yaml", *_as_yaml({"any": [{key: example} for example in field.examples or ()]}), "```"]
    for model in models:
        lines += ["", _table(model.model_fields.items())]
        for name, inner in model.model_fields.items():
            for nested in _models(inner.annotation):
                lines += ["", _inside(inner.alias or name, nested)]
    return "\n".join(lines)


def dispositions() -> str:
    """The dispositions, then the keys beside them."""
    fields = ThenModel.model_fields
    parts = [_table((name, fields[name]) for name in WORDS)]
    for name in WORDS:
        parts += [_inside(name, model) for model in _models(fields[name].annotation)]
    rest = [(name, field) for name, field in fields.items() if name not in WORDS]
    parts.append(f"Beside each of them:\n\n{_table(rest)}")
    for name, field in rest:
        for model in _models(field.annotation):
            parts.append(_inside(field.alias or name, model))
            for key, inner in model.model_fields.items():
                parts += [_inside(key, one) for one in _models(inner.annotation)]
    return "\n\n".join(parts)


def rule() -> str:
    """The keys of a rule."""
    return _table(RuleModel.model_fields.items())


def lists() -> str:
    """The keys of a list."""
    return f"{_prose(ListModel)}\n\n{_table(ListModel.model_fields.items())}"


def examples() -> str:
    """The keys of an example, and of a file in one."""
    inside = f"A file is a name, or:\n\n{_table(FileModel.model_fields.items())}"
    return f"{_table(ExampleModel.model_fields.items())}\n\n{inside}"


SECTIONS: Mapping[str, Callable[[], str]] = {
    "conditions": conditions,
    "dispositions": dispositions,
    "rule": rule,
    "lists": lists,
    "examples": examples,
}


def _inside(key: str, model: type[BaseModel]) -> str:
    return f"Inside `{key}`: {_prose(model)}\n\n{_table(model.model_fields.items())}"


def _table(fields: Iterable[tuple[str, FieldInfo]]) -> str:
    rows = ["| key | takes | means | for example |", "|---|---|---|---|"]
    for name, field in fields:
        key = field.alias or name
        shown = "; ".join(f"`{_flow({key: example})}`" for example in (field.examples or ())[:2])
        takes = ", ".join(dict.fromkeys(_kinds(field.annotation, field.metadata)))
        cells = (f"`{key}`", takes, field.description or "", shown)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _kinds(annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[str]:
    """What may be written, in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        for argument in arguments:
            if argument is not type(None):
                yield from _kinds(argument)
    elif origin is typing.Annotated:
        yield from _kinds(arguments[0], arguments[1:])
    elif origin is Literal:
        yield from ("`true`" if argument is True else f"`{argument}`" for argument in arguments)
    elif origin is tuple:
        yield " or ".join(dict.fromkeys(_kinds(arguments[0]))) + ", one or several"
    elif origin is not None and issubclass(origin, Mapping):
        yield "a mapping"
    elif annotation is Comparison:
        written = next((one.json_schema for one in metadata if hasattr(one, "json_schema")), {})
        yield "a comparison of a size" if "MB" in str(written) else "a comparison"
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "a condition" if annotation is ConditionModel else "a mapping"
    else:
        yield _KINDS.get(annotation, "text")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of a mapping's own keys, but not those that have a section of their own."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in (ConditionModel, ThenModel, RuleModel, ExampleModel):
            yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from _models(argument)


def _prose(model: type[BaseModel]) -> str:
    return _sentence(" ".join((model.__doc__ or "").split()))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".") if text else ""


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000, sort_keys=False).strip()
    return text.removeprefix("{").removesuffix("}") if isinstance(value, dict) else text


def _as_yaml(value: Mapping[str, Any]) -> list[str]:
    """A block with one example a line."""
    ((key, parts),) = value.items()
    return [f"{key}:", *(f"  - {_flow(part)}" for part in parts)]


def main() -> None:
    before = PAGE.read_text(encoding="utf-8")
    after = page(before)
    if "--check" in sys.argv[1:]:
        if before != after:
            sys.exit(f"docs/policy.md is not what the schema says: run {COMMAND}")
        return
    PAGE.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
