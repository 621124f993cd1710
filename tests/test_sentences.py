"""Every sentence that exists in both languages says the same in both: read from the source, so that none is found at
run time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

SOURCE = Path(__file__).parent.parent / "src" / "mailguard"
_JAPANESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff]")


def sentences(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Sentence":
            yield node


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def faults_of(call: ast.Call) -> list[str]:
    """What is wrong with a `Sentence(...)`, in words."""
    texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if not any(isinstance(one, ast.Constant | ast.JoinedStr) for one in call.args):
        return []  # put together from texts that are looked at where they stand
    if len(call.args) != 2 or len(texts) != 2:
        return ["not two texts that stand there to be read: no f-strings, name the fields"]
    given = {one.arg for one in call.keywords}
    ja, en = texts
    bare = re.sub(r"\{[^}]*\}", "", ja)
    faults = [f"no Japanese: {ja!r}"] if re.search("[A-Za-z]", bare) and not _JAPANESE.search(ja) else []
    if re.search(r"「\{\w+!r\}|\{\w+!r\}」", ja):
        faults.append(f"quoted twice: {ja!r}")
    if _JAPANESE.search(en):
        faults.append(f"no English: {en!r}")
    if given:
        faults += [
            f"{text!r} has not the fields {sorted(map(str, given))}" for text in texts if fields_of(text) != given
        ]
    elif re.findall(r"\{\w*\}", ja) != re.findall(r"\{\w*\}", en):  # filled in later, or braces to be written
        faults.append(f"{ja!r} and {en!r} have not the same fields")
    return faults


def test_every_sentence_says_the_same_in_both_languages() -> None:
    faults = [
        f"{path.relative_to(SOURCE)}:{call.lineno}: {fault}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path.name != "saying.py"
        for call in sentences(path.read_text("utf-8"))
        for fault in faults_of(call)
    ]
    assert not faults, "\n".join(faults)


def test_a_sentence_that_is_not_the_same_is_found() -> None:
    def faults(source: str) -> int:
        return sum(len(faults_of(call)) for call in sentences(source))

    assert faults('Sentence("{n}件です", "{n} mails", n=3)') == 0
    assert faults('Sentence("青です", "blue")') == 0
    assert faults('Sentence("blue", "blue")') == 1
    assert faults('Sentence("青です", "青です")') == 1
    assert faults('Sentence("件です", "{n} mails", n=3)') == 1
    assert faults('Sentence("{m}件です", "{n} mails", n=3)') == 1
    assert faults('Sentence("{n}件です", "mails")') == 1
    assert faults('Sentence("「{n!r}」です", "it is {n!r}", n=3)') == 1
    assert faults('Sentence(f"{n}件です", f"{n} mails")') == 1


#: What an administrator reads on his terminal, by the first argument.
READ = frozenset(
    [
        "StoreError",
        "StoreBusy",
        "StoreCorrupt",
        "StoreFull",
        "StoreTooNew",
        "StoreClosed",
        "MemoryFault",
        "CountedTwice",
        "CannotStart",
        "CannotOpen",
        "ReadersDead",
        "ArchiveError",
        "LineError",
        "NoToken",
        "NotCarried",
        "UsageError",
        "BadParameter",
        "fail",
    ]
)


def unspoken(source: str) -> Iterator[int]:
    """Lines in which such an error, or the end of a verb, is told in a text that exists in one language."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            text = node.args[0]
            plain = isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Constant) and isinstance(text.value, str))
            if name in READ and plain:
                yield node.lineno


def test_what_an_administrator_reads_exists_in_both_languages() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line in unspoken(path.read_text("utf-8"))
    ]
    assert not found, "write a Sentence: " + ", ".join(found)


def test_an_error_in_one_language_is_found() -> None:
    assert list(unspoken('raise StoreError("gone")\nfail(f"{path}: gone")\nraise click.UsageError("no")')) == [1, 2, 3]
    assert list(unspoken('raise StoreError(f"{path}: " + GONE)\nfail(str(error))\nraise KeyError("x")')) == []
