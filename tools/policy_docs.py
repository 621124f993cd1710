"""Writes the tables of docs/policy.md and docs/ja/policy.md from the schema of the policy language: the pages say what
the loader takes.

Between two marks everything is written by this tool: docstrings of models, descriptions and examples of fields. What
stands outside is prose and stays.

    python tools/policy_docs.py            write the pages
    python tools/policy_docs.py --check    status 1 if a page is not what would be written
"""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mailguard.policy.schema import ConditionModel, ExampleModel, FileModel, ListModel, RuleModel, ThenModel
from mailguard.policy.schema.japanese import in_japanese
from mailguard.policy.schema.then import WORDS
from mailguard.policy.values import Comparison

DOCS = Path(__file__).parent.parent / "docs"
COMMAND = "python tools/policy_docs.py"
_MARK = re.compile(r"(<!-- (\w+): written by tools/policy_docs\.py -->\n).*?(\n<!-- end of \2 -->)", re.DOTALL)
_TREE = ("all_", "any_", "not_")


class Language(NamedTuple):
    """The words of a page.

    among: between the kinds of a list's entries; sentence: a docstring or a description with its stop; joint: between
    two of them.
    """

    file: str
    head: str
    text: str
    number: str
    time: str
    mapping: str
    condition: str
    comparison: str
    of_size: str
    either: str
    among: str
    several: str
    also: str
    joint: str
    inside: str
    beside: str
    a_file: str
    meaning: Callable[[str], str]
    sentence: Callable[[str], str]


def _english(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".") if text else ""


def _japanese(text: str) -> str:
    said = in_japanese(text)
    return said + ("" if said.endswith("。") else "。") if said else ""


ENGLISH = Language(
    file="policy.md",
    head="| key | takes | means | for example |",
    text="text",
    number="a number",
    time="a time",
    mapping="a mapping",
    condition="a condition",
    comparison="a comparison",
    of_size="a comparison of a size",
    either=" or ",
    among=" or ",
    several=", one or several",
    also=", ",
    joint=" ",
    inside="Inside `{key}`: {said}",
    beside="Beside each of them:",
    a_file="A file is a name, or:",
    meaning=str,
    sentence=_english,
)
JAPANESE = Language(
    file="ja/policy.md",
    head="| キー | 値 | 意味 | 例 |",
    text="文字列",
    number="数",
    time="時間",
    mapping="キーと値",
    condition="条件",
    comparison="比較",
    of_size="大きさの比較",
    either=" または ",
    among="、",
    several="(1 つ以上)",
    also="、",
    joint="",
    inside="`{key}` の中に書くもの: {said}",
    beside="どの処置にも、次のキーを並べて書けます。",
    a_file="ファイルは、名前だけを書くか、次のキーで書きます。",
    meaning=in_japanese,
    sentence=_japanese,
)
LANGUAGES = (ENGLISH, JAPANESE)


def page(text: str, language: Language) -> str:
    """The page with everything between marks written anew. Raises KeyError for a mark that nobody knows."""
    return _MARK.sub(lambda found: f"{found[1]}\n{SECTIONS[found[2]](language)}\n{found[3]}", text)


def conditions(language: Language) -> str:
    """One section a key of a condition, in the order of the schema."""
    tree = {name: ConditionModel.model_fields[name] for name in _TREE}
    parts = [_table(language, tree.items())]
    for name, field in ConditionModel.model_fields.items():
        if name not in _TREE:
            parts.append(_condition(language, field.alias or name, field))
    return "\n\n".join(parts)


def _condition(language: Language, key: str, field: FieldInfo) -> str:
    models = list(_models(field.annotation))
    said = [language.sentence(field.description or ""), *(_prose(language, model) for model in models[:1])]
    lines = [f"### {key}", "", language.joint.join(said), ""]
    lines += ["```yaml", *_as_yaml({"any": [{key: example} for example in field.examples or ()]}), "```"]
    for model in models:
        lines += ["", _table(language, model.model_fields.items())]
        for name, inner in model.model_fields.items():
            for nested in _models(inner.annotation):
                lines += ["", _inside(language, inner.alias or name, nested)]
    return "\n".join(lines)


def dispositions(language: Language) -> str:
    """The dispositions, then the keys beside them."""
    fields = ThenModel.model_fields
    parts = [_table(language, ((name, fields[name]) for name in WORDS))]
    for name in WORDS:
        parts += [_inside(language, name, model) for model in _models(fields[name].annotation)]
    rest = [(name, field) for name, field in fields.items() if name not in WORDS]
    parts.append(f"{language.beside}\n\n{_table(language, rest)}")
    for name, field in rest:
        for model in _models(field.annotation):
            parts.append(_inside(language, field.alias or name, model))
            for key, inner in model.model_fields.items():
                parts += [_inside(language, key, one) for one in _models(inner.annotation)]
    return "\n\n".join(parts)


def rule(language: Language) -> str:
    """The keys of a rule."""
    return _table(language, RuleModel.model_fields.items())


def lists(language: Language) -> str:
    """The keys of a list."""
    return f"{_prose(language, ListModel)}\n\n{_table(language, ListModel.model_fields.items())}"


def examples(language: Language) -> str:
    """The keys of an example, and of a file in one."""
    inside = f"{language.a_file}\n\n{_table(language, FileModel.model_fields.items())}"
    return f"{_table(language, ExampleModel.model_fields.items())}\n\n{inside}"


SECTIONS: Mapping[str, Callable[[Language], str]] = {
    "conditions": conditions,
    "dispositions": dispositions,
    "rule": rule,
    "lists": lists,
    "examples": examples,
}


def _inside(language: Language, key: str, model: type[BaseModel]) -> str:
    said = language.inside.format(key=key, said=_prose(language, model))
    return f"{said}\n\n{_table(language, model.model_fields.items())}"


def _table(language: Language, fields: Iterable[tuple[str, FieldInfo]]) -> str:
    rows = [language.head, "|---|---|---|---|"]
    for name, field in fields:
        key = field.alias or name
        shown = "; ".join(f"`{_flow({key: example})}`" for example in (field.examples or ())[:2])
        takes = language.also.join(dict.fromkeys(_kinds(language, field.annotation, field.metadata)))
        cells = (f"`{key}`", takes, language.meaning(field.description or ""), shown)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _kinds(language: Language, annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[str]:
    """What may be written, in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        for argument in arguments:
            if argument is not type(None):
                yield from _kinds(language, argument)
    elif origin is typing.Annotated:
        yield from _kinds(language, arguments[0], arguments[1:])
    elif origin is Literal:
        yield from (f"`{_flow(argument)}`" for argument in arguments)
    elif origin is tuple:
        kind = language.among.join(dict.fromkeys(_kinds(language, arguments[0])))
        yield kind.removesuffix(language.several) + language.several
    elif origin is not None and issubclass(origin, Mapping):
        yield language.mapping
    elif annotation is Comparison:
        written = next((one.json_schema for one in metadata if hasattr(one, "json_schema")), {})
        yield language.of_size if "MB" in str(written) else language.comparison
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield language.condition if annotation is ConditionModel else language.mapping
    else:
        kinds = {bool: f"`true`{language.either}`false`", int: language.number, float: language.number}
        yield (kinds | {timedelta: language.time}).get(annotation, language.text)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of a mapping's own keys, but not those that have a section of their own."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in (ConditionModel, ThenModel, RuleModel, ExampleModel):
            yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from _models(argument)


def _prose(language: Language, model: type[BaseModel]) -> str:
    return language.sentence(" ".join((model.__doc__ or "").split()))


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000, sort_keys=False)
    text = text.removesuffix("...\n").strip()
    return text.removeprefix("{").removesuffix("}") if isinstance(value, dict) else text


def _as_yaml(value: Mapping[str, Any]) -> list[str]:
    """A block with one example a line."""
    ((key, parts),) = value.items()
    return [f"{key}:", *(f"  - {_flow(part)}" for part in parts)]


def main() -> None:
    for language in LANGUAGES:
        path = DOCS / language.file
        before = path.read_text(encoding="utf-8")
        after = page(before, language)
        if "--check" not in sys.argv[1:]:
            path.write_text(after, encoding="utf-8")
        elif before != after:
            sys.exit(f"docs/{language.file} is not what the schema says: run {COMMAND}")


if __name__ == "__main__":
    main()
