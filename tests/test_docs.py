"""The documents say what the code says: links resolve, tables are the code's own, no word is left unexplained.

It reads Markdown and the tables of `mail`; it starts nothing. The commands of the README are run by
tests/integration/test_readme.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.test_layers import HEIGHT

from mailguard.events import REGISTRY
from mailguard.mail import reply as catalogue
from mailguard.mail.facts import CLASSES, FINDING_CODES
from mailguard.mail.kinds import MEDIA
from mailguard.mail.lifecycle import FINAL, NEXT, Event, State
from mailguard.mail.reply import Reply
from mailguard.mail.verdict import Disposition

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "policies").rglob("*.md")])

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|sql|yaml|lock|toml))`")
_METRIC = re.compile(r"`(mailguard_[a-z_]+)[`{]")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(text: str) -> str:
    return _FENCE.sub("", text)


def blocks_of(text: str, language: str) -> list[str]:
    return [code for found, code in _FENCE.findall(text) if found == language]


def slug(heading: str) -> str:
    """The anchor that a forge makes of a heading: lower case, no punctuation, blanks as hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors_of(text: str) -> set[str]:
    return {slug(line.lstrip("#")) for line in prose_of(text).splitlines() if line.startswith("#")}


def rows_under(text: str, heading: str) -> list[tuple[str, ...]]:
    """The body rows of the first table under a heading, cells without backticks."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [tuple(cell.strip().strip("`") for cell in line.strip("|").split("|")) for line in lines[2:]]


def broken_links(page: Path, text: str) -> Iterator[str]:
    for target in _LINK.findall(prose_of(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            yield f"{page.relative_to(ROOT)}: {target} leads nowhere"
        elif anchor and anchor not in anchors_of(text_of(file)):
            yield f"{page.relative_to(ROOT)}: {target} names no heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    assert not list(broken_links(page, text_of(page)))


@pytest.mark.parametrize("target", ["nowhere.md", "README.md#no-such-heading"])
def test_a_broken_link_is_seen(target: str) -> None:
    assert list(broken_links(ROOT / "README.md", f"see [this]({target})"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # names what was, too
    places = (ROOT, ROOT / "src" / "mailguard", ROOT / "docs", ROOT / "tests")
    # Files that an administrator writes are no files of ours.
    named = set(_PATH.findall(prose_of(text_of(page)))) - {"mailguard.yaml", "users.yaml", "send_as.yaml", "uv.lock"}
    assert not [name for name in sorted(named) if not any((place / name).exists() for place in places)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_tests_that_are_named_exist(page: Path) -> None:
    missing = []
    for file, name in _TEST.findall(text_of(page)):
        path = ROOT / file
        if not path.exists() or not re.search(rf"def {name}\(", text_of(path)):
            missing.append(f"{file}::{name}")
    assert not missing


#: The headings of tables that are the code's own, and the words in them, by the folder of the language.
_STATES = {"docs": ("States", "Every change", "yes"), "docs/ja": ("状態", "すべての遷移", "はい")}
_READING = {
    "docs": ("Findings", "Personal data", "**Short names** of kinds"),
    "docs/ja": ("検出事項", "個人情報", "種類の**短い名前**"),
}


@pytest.mark.parametrize("folder", _STATES)
def test_the_table_of_states_is_the_codes_own(folder: str) -> None:
    rows = rows_under(text_of(ROOT / folder / "states.md"), _STATES[folder][1])
    written = {(State(before), Event(event)): State(after) for before, event, after, *_ in rows}
    assert written == NEXT
    assert len(rows) == len(NEXT)


@pytest.mark.parametrize("folder", _STATES)
def test_the_final_states_are_the_codes_own(folder: str) -> None:
    states, _, yes = _STATES[folder]
    rows = rows_under(text_of(ROOT / folder / "states.md"), states)
    assert {State(row[0]) for row in rows} == set(State)
    assert {State(row[0]) for row in rows if row[1] == yes} == FINAL


def test_the_glossary_has_every_word_in_both_languages() -> None:
    text = text_of(ROOT / "docs" / "glossary.md")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    explained = {word for row in rows for word in re.findall(r"`([\w-]+)`", row[1])}
    japanese = {
        word for row in rows for word in re.findall(r"`([\w-]+)`", row[1]) if re.search(r"[\u3040-\u9fff]", row[0])
    }
    wanted = {one.word for one in Disposition} | {state.value for state in State} | {event.value for event in Event}
    assert not wanted - explained
    assert not wanted - japanese


def test_the_layers_of_the_page_are_those_that_are_enforced() -> None:
    drawn = re.findall(r"^(\d)  ((?:[\w]+ \| )*\w+)(?:  |$)", text_of(ROOT / "docs" / "architecture.md"), re.MULTILINE)
    written = {name: int(height) for height, names in drawn for name in names.split(" | ")}
    assert written == HEIGHT


def test_each_standard_that_is_followed_is_cited_in_the_source() -> None:
    followed = text_of(ROOT / "docs" / "rfc.md").split("\nNot offered", 1)[0]
    source = "".join(text_of(file) for file in (ROOT / "src").rglob("*.py"))
    missing = {name for name in re.findall(r"RFC \d+", followed) if not re.search(rf"{name}\b", source)}
    assert not missing


def test_both_readmes_show_the_same_commands() -> None:
    english, japanese = (blocks_of(text_of(ROOT / name), "sh") for name in ("README.md", "README.ja.md"))
    assert english
    assert english == japanese


@pytest.mark.parametrize("folder", _READING)
def test_the_page_on_reading_names_every_finding_and_class(folder: str) -> None:
    page = text_of(ROOT / folder / "reading.md")
    findings, personal, short = _READING[folder]
    named = {name for row in rows_under(page, findings) for name in re.findall(r"[a-z_]+", row[0])}
    assert named == set(FINDING_CODES)
    classes = {name for row in rows_under(page, personal) for name in re.findall(r"[a-z_]+", row[0])}
    assert classes == set(CLASSES)
    kinds = re.search(rf"{re.escape(short)}[^`]*`type:`[^`]*`([^`]*)`", page)
    assert kinds is not None
    assert kinds[1].split() == list(MEDIA)


def test_the_page_on_smtp_names_every_verb_parameter_and_reply() -> None:
    page = text_of(ROOT / "docs" / "smtp.md")
    source = "".join(text_of(file) for file in (ROOT / "src" / "mailguard" / "smtpd").glob("*.py"))
    first = {
        heading: " ".join(row[0] for row in rows_under(page, heading)) for heading in ("Verbs", "Parameters", "Replies")
    }
    verbs = set(re.findall(r"async def smtp_([A-Z]+)", source))
    assert "BDAT" in verbs
    assert not verbs - set(re.findall(r"[A-Z]+", first["Verbs"]))
    parameters = set(re.findall(r'case "([A-Z0-9]+)", (?:str|None|_)', source))
    assert "NOTIFY" in parameters
    assert not parameters - set(re.findall(r"[A-Z0-9]+", first["Parameters"]))
    replies = {f"{one.code} {one.status}" for one in vars(catalogue).values() if isinstance(one, Reply) and one.status}
    assert not {one for one in replies if one not in first["Replies"]}


def test_metrics_are_called_as_prometheus_shows_them() -> None:
    shown = {f"{one.name}_total" if one.type == "counter" else one.name for one in REGISTRY.collect()}
    named = {(page.name, name) for page in PAGES for name in _METRIC.findall(text_of(page))}
    assert named, "no page names a metric"
    assert sorted((page, name) for page, name in named if name not in shown) == []
