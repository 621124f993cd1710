"""The page on policies and the editor's schema say what the loader takes: every key told, every example loaded and run.

It reads docs/policy.md, docs/ja/policy.md and the schema; it starts nothing.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from pydantic import BaseModel
from tests.judging import mail, plain_yaml
from tests.terminal import LOCALES

from mailguard.cli.init import init
from mailguard.cli.policy import policy as policy_verb
from mailguard.policy.examples import run_examples
from mailguard.policy.judge import judge
from mailguard.policy.loader import load_policy
from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.schema import ConditionModel, ExampleModel, PolicyFile, RuleModel, ThenModel, json_schema
from mailguard.policy.schema.japanese import TEXTS
from mailguard.policy.schema.then import WORDS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "policy.md"
TOOL = ROOT / "tools" / "policy_docs.py"
#: What an example of a key needs beside it to make sense.
BESIDE: dict[str, dict[str, Any]] = {
    "ThenModel": {"confirm": True},
    "ApproveModel": {"by": ["boss@corp.example", "vice@corp.example"], "escalate_after": "8h"},
    "RuleModel": {"id": "r", "when": {"attachments": "any"}, "then": "confirm"},
    "BecauseModel": {"ja": "x", "en": "x"},
    "ExampleModel": {"from": "a@corp.example", "to": ["b@x.example"], "expect": "deliver"},
    "FileModel": {"name": "a.pdf"},
    "TextModel": {"words": ["x"]},
    "HabitModel": {"together": ["a@x.example", "b@x.example", "c@x.example"]},
    "HeaderModel": {"name": "X-Confidential"},
    "ExampleHeaderModel": {"name": "X-Confidential"},
    "AddHeaderModel": {"name": "X-Company-Class", "value": "external"},
    "PatternModel": {"pattern": "[0-9]{4}"},
    "PersonModel": {"address": "ann@corp.example"},
    "PolicyFile": {"version": 1},
}


def models(annotation: Any, seen: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """All models that a policy file is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation.__name__ not in seen:
        seen[annotation.__name__] = annotation
        for field in annotation.model_fields.values():
            models(field.annotation, seen)
    for argument in get_args(annotation):
        models(argument, seen)
    return seen


MODELS = models(PolicyFile, {})
FIELDS = [(model, name) for model in MODELS.values() for name in model.model_fields]
EXAMPLES = [
    (model, name, number) for model, name in FIELDS for number in range(len(model.model_fields[name].examples or ()))
]


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda one: getattr(one, "__name__", one))
def test_every_key_says_what_it_means_and_how_it_is_written(model: type[BaseModel], name: str) -> None:
    field = model.model_fields[name]
    assert field.description, f"{model.__name__}.{name}: give it a description"
    assert not field.description.endswith("."), "a description is a clause; the page puts the stop"
    assert field.examples, f"{model.__name__}.{name}: give it examples=[...]"


@pytest.mark.parametrize(("model", "name", "number"), EXAMPLES, ids=lambda one: getattr(one, "__name__", one))
def test_every_example_is_read(model: type[BaseModel], name: str, number: int) -> None:
    field = model.model_fields[name]
    assert field.examples
    beside = dict(BESIDE.get(model.__name__, {}))
    if (model is ThenModel and name in WORDS) or name == "names_other_customer":
        beside = {}
    written = {**beside, field.alias or name: field.examples[number]}
    if name == "urgent":
        written = {"approve": {"by": "manager"}, "urgent": True}
    data, _ = load_marked(plain_yaml(written), "example.yaml")
    loaded = model.model_validate(data)
    assert name in loaded.model_fields_set


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_is_what_the_tool_writes(language: str) -> None:
    spec = importlib.util.spec_from_file_location("policy_docs", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    words = tool.JAPANESE if language == "ja" else tool.ENGLISH
    text = (PAGE.parent / words.file).read_text("utf-8")
    assert set(re.findall(r"<!-- (\w+): written by", text)) == set(tool.SECTIONS)
    assert tool.page(text, words) == text, f"docs/{words.file} is not what the schema says: run {tool.COMMAND}"


def blocks() -> Iterator[str]:
    yield from re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def as_file(block: str) -> str:
    """A block of the page as a policy file: it is one, or a condition, or what stands under then."""
    data, _ = load_marked(block, "block.yaml")
    if "version" in data:
        return block
    conditions = {field.alias or name for name, field in ConditionModel.model_fields.items()}
    rule: dict[str, Any] = {"id": "r", "when": {"attachments": "any"}, "then": "confirm"}
    if data.keys() <= conditions:
        rule["when"] = data
    else:
        rule |= data
    names = set(re.findall(r"(?:not_)?in: \[(\w+)\]", block)) - {"subject", "body", "names", "attachments"}
    lists = {name: {"domains": ["partner.example"]} for name in names}
    return plain_yaml({"version": 1, "lists": lists, "rules": [rule]})


@pytest.mark.parametrize("block", list(blocks()))
def test_every_block_of_the_page_is_loaded_and_run(tmp_path: Path, block: str) -> None:
    path = tmp_path / "block.yaml"
    path.write_text(as_file(block), "utf-8")
    for name in ("words.txt", "partners.txt"):
        (tmp_path / name).write_text("社外秘\n" if name == "words.txt" else "partner.example\n", "utf-8")
    (tmp_path / "partners.csv").write_text("domain\npartner.example\n", "utf-8")
    policy = load_policy([path])
    assert not [result for result in run_examples(policy) if not result.passed]
    assert not [hit for hit in judge(policy, mail(attachments=["a.pdf"])).hits if hit.rule == "unreadable"]


def test_the_editor_gets_a_description_and_an_example_of_every_key() -> None:
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    for name, model in MODELS.items():
        written = schema if name == "PolicyFile" else schema["$defs"][name]
        written = next((form for form in written.get("anyOf", ()) if "properties" in form), written)
        assert set(written["properties"]) == {field.alias or key for key, field in model.model_fields.items()}
        assert written["additionalProperties"] is False
        for key, told in written["properties"].items():
            assert told.get("description"), (name, key)
            assert told.get("examples"), (name, key)


def test_every_model_has_words_for_the_page() -> None:
    for model in MODELS.values():
        assert model.__doc__, model.__name__
    assert {RuleModel, ExampleModel, ThenModel} <= set(MODELS.values())


#: Numbers that are words in English; in Japanese they are counted: 1 つ, 1 人.
SPELLED = {"a": "1", "an": "1", "one": "1", "once": "1", "single": "1", "two": "2", "second": "2", "three": "3"}
#: What is written alike in both: code, keys, and names of standards.
_ALIKE = re.compile(r"`[^`]*`|\b[a-z]+(?:_[a-z]+)+\b|\b[A-Z][A-Z0-9]+\b|\b(?:To|Cc|Bcc|From|Re:|Fwd:)")
#: What Japanese writes in capitals as words of its own.
_WORDS = {"IBAN", "ID", "URL", "US", "ZIP"}


def texts() -> set[str]:
    """All that models and fields say of themselves."""
    said = {" ".join((model.__doc__ or "").split()) for model in MODELS.values()}
    return said | {model.model_fields[name].description or "" for model, name in FIELDS}


def faults_of(english: str, japanese: str) -> list[str]:
    """What a text says in one language only, and how the Japanese one is not written."""
    faults = [] if re.search("[\u3040-\u30ff\u4e00-\u9fff]", japanese) else ["no Japanese"]
    if english.endswith(".") != japanese.endswith("。"):
        faults.append("a docstring ends with a stop, a description is a clause")
    digits, counted = (set(re.findall(r"\d+", text)) for text in (english, japanese))
    spelled = {SPELLED[word] for word in re.findall("[a-z]+", english.lower()) if word in SPELLED}
    faults += [f"number {one}" for one in (digits - counted) | (counted - digits - spelled)]
    there, here = (set(_ALIKE.findall(text)) - _WORDS for text in (english, japanese))
    return faults + [f"code {one}" for one in there ^ here]


def test_every_text_of_the_schema_exists_in_japanese() -> None:
    assert texts() - TEXTS.keys() == set()
    assert TEXTS.keys() - texts() == set(), "no model says this"
    wrong = {english: faults for english, ja in TEXTS.items() if (faults := faults_of(english, ja))}
    assert not wrong


def test_a_text_that_is_not_the_same_is_found() -> None:
    assert faults_of("of two; `a` if left out", "2 つの。省略時は `a`") == []
    assert sorted(faults_of("of 2", "3 つの")) == ["number 2", "number 3"]
    assert faults_of("all", "all") == ["no Japanese"]
    assert faults_of("as `a`", "`b` と同じ")
    assert faults_of("A rule.", "ルール")


def as_told(schema: Any, into: list[str]) -> Any:
    """A schema without its descriptions, which are put into a list."""
    if isinstance(schema, list):
        return [as_told(one, into) for one in schema]
    if not isinstance(schema, dict):
        return schema
    into += [one for key, one in schema.items() if key == "description" and isinstance(one, str)]
    return {key: as_told(one, into) for key, one in schema.items() if key != "description" or isinstance(one, dict)}


def test_the_schema_differs_in_its_descriptions_only() -> None:
    english: list[str] = []
    japanese: list[str] = []
    assert as_told(json_schema("en"), english) == as_told(json_schema("ja"), japanese)
    assert [TEXTS[" ".join(one.split())] for one in english] == japanese


def test_an_editor_explains_keys_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    for language, locale in LOCALES.items():
        for words, told in ((["schema"], language), (["schema", "--json"], "en")):
            printed = CliRunner().invoke(policy_verb, words, env={"LC_ALL": locale}).stdout_bytes
            assert json.loads(printed) == json_schema("ja" if told == "ja" else "en")
        folder = tmp_path / language
        assert CliRunner().invoke(init, [str(folder)], env={"LC_ALL": locale}).exit_code == 0
        written = json.loads((folder / "policies" / ".schema.json").read_text("utf-8"))
        assert written == json_schema("ja" if language == "ja" else "en")
