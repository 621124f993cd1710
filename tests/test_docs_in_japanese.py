"""Each page for the people who use mailguard is there in Japanese, and says as much as the English one.

Words cannot be compared, but what stands in both alike can: the headings' depths, the rows of tables, all that is code,
and where links lead. A setting that was added to one page only is seen so. It reads Markdown; it starts nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
JAPANESE = DOCS / "ja"
#: For who changes or measures mailguard: in English alone. The glossary has both languages side by side.
_ENGLISH_ALONE = {
    "architecture.md", "decisions", "examples", "faults.md", "glossary.md", "hacking.md", "images", "insight.md",
    "one-mail.md", "performance.md", "rfc.md", "scale.md",
}  # fmt: skip
PAGES = sorted(
    page.relative_to(DOCS)
    for page in DOCS.rglob("*.md")
    if page.relative_to(DOCS).parts[0] not in {*_ENGLISH_ALONE, "ja"}
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: It may go on in the next line.
_CODE = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]*)(#[^)\s]*)?\)")
_KANA = re.compile(r"[\u3040-\u30ff]")
_SWITCH = re.compile(r"\A\[(?:日本語|English)\]\(([^)]+)\)\n\n")


def pages(page: Path) -> tuple[str, str]:
    """The English and the Japanese text, each without its first line, which leads to the other."""
    english, japanese = ((folder / page).read_text("utf-8") for folder in (DOCS, JAPANESE))
    return _SWITCH.sub("", english), _SWITCH.sub("", japanese)


def prose(text: str) -> str:
    return _FENCE.sub("", text)


def codes(text: str) -> set[str]:
    """All that is code amid the text, but for examples that are words of a language."""
    found = {" ".join(code.split()) for code in _CODE.findall(prose(text))}
    return {code for code in found if not re.search(r"[^\x00-\x7f]", code)}


def fences(text: str) -> list[tuple[str, list[str]]]:
    """Blocks by language, without comments; of those without a language only that they are there."""
    found = []
    for language, block in _FENCE.findall(text):
        lines = [re.sub(r"(^|\s+)#.*$", "", line) for line in block.splitlines()] if language else []
        found.append((language, [line for line in lines if line.strip()]))
    return found


def links(page: PurePosixPath, text: str) -> Counter[str]:
    """Where the page leads, from the folder of the documents; to a Japanese page as to the English one."""
    found: Counter[str] = Counter()
    for target, _ in _LINK.findall(prose(text)):
        if target and not re.match(r"[a-z]+:", target):
            parts: list[str] = []
            for part in (page.parent / target).parts:
                if part == ".." and parts and parts[-1] != "..":
                    parts.pop()
                else:
                    parts.append(part)
            target = re.sub(r"-(?:ja|en)\.png$", ".png", "/".join(parts).removeprefix("ja/"))
            target = target.replace("README.ja.md", "README.md")
        found[target] += 1
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_each_page_leads_to_the_other(page: Path) -> None:
    for mine, other in ((DOCS, JAPANESE), (JAPANESE, DOCS)):
        switch = _SWITCH.match((mine / page).read_text("utf-8"))
        assert switch, f"{mine / page} does not begin with a link to the other language"
        assert ((mine / page).parent / switch[1]).resolve() == (other / page).resolve()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_both_have_the_same_headings(page: Path) -> None:
    english, japanese = (re.findall(r"^(#+) ", prose(text), re.MULTILINE) for text in pages(page))
    assert english == japanese


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_both_have_the_same_rows(page: Path) -> None:
    english, japanese = (
        [line.count("|") for line in prose(text).replace(r"\|", "").splitlines() if line.startswith("|")]
        for text in pages(page)
    )
    assert english == japanese


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_both_have_the_same_code(page: Path) -> None:
    english, japanese = map(codes, pages(page))
    assert (sorted(english - japanese), sorted(japanese - english)) == ([], []), "missing in Japanese, in English"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_both_have_the_same_blocks(page: Path) -> None:
    english, japanese = map(fences, pages(page))
    assert english == japanese


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_both_lead_to_the_same_places(page: Path) -> None:
    english, japanese = pages(page)
    there, here = links(PurePosixPath(page), english), links(PurePosixPath("ja", page), japanese)
    assert (sorted((there - here).elements()), sorted((here - there).elements())) == ([], []), "missing: ja, en"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_japanese_page_is_japanese(page: Path) -> None:
    # Each paragraph: one that was forgotten, or added in English, is seen.
    _, japanese = pages(page)
    paragraphs = re.split(r"\n\s*\n", prose(re.sub(r"<!--.*?-->", "", japanese)))
    plain = [_CODE.sub("", re.sub(r"\]\([^)]*\)", "]", one)) for one in paragraphs]
    english = [one for one in plain if len(re.findall(r"[A-Za-z]{2,}", one)) > 8 and not _KANA.search(one)]
    assert not english


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_of_a_japanese_page_stay_in_japanese(page: Path) -> None:
    _, japanese = pages(page)
    targets = {target for target, _ in _LINK.findall(prose(japanese)) if target.endswith(".md") and ":" not in target}
    away = []
    for target in sorted(targets):
        file = ((JAPANESE / page).parent / target).resolve()
        if DOCS in file.parents and JAPANESE not in file.parents and file.relative_to(DOCS) in PAGES:
            away.append(target)
        if file == ROOT / "README.md":
            away.append(target)
    assert not away


def test_no_japanese_page_is_left_over() -> None:
    assert sorted(page.relative_to(JAPANESE) for page in JAPANESE.rglob("*.md")) == PAGES
