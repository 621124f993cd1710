"""Patterns and words that an operator writes, compiled at load for an engine whose time is linear in the text (RE2).

What the engine cannot do (look-around, back-references) and what would match every mail is a clear error at load. The
text is untrusted and may be built against the pattern: that costs time in proportion to its length, no more.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import re2

from mailguard.mail.saying import Sentence
from mailguard.policy.fold import fold, normal_pattern

PATTERN_MAX, MATCHES_MAX = 2000, 1000
#: Patterns of one policy; octets that one may take when compiled, and while it is looked for.
PATTERNS_MAX, _PROGRAM_MAX, _MEMORY = 5000, 768 * 2**10, 8 * 2**20
#: Words that are also looked for with a blank between their characters; of so many.
_STAMP, _SPREAD_MOST = re.compile("[\u3005\u4e00-\u9fff]{2,6}"), 5000
_LOOK = re.compile(r"(?<!\\)\(\?(=|!|<=|<!)")
_BACK = re.compile(r"(?<!\\)(?:\\\\)*(\\[1-9]|\\k<|\(\?P=)")
_ATOMIC = re.compile(r"(?<!\\)\(\?>|(?<!\\)[*+?}]\+")


def compile_pattern(pattern: str) -> Any:
    """A pattern to an RE2 object: case ignored, `^` and `$` at line ends. Raises ValueError saying what and
    what to do.
    """
    if len(pattern) > PATTERN_MAX:
        raise ValueError(
            Sentence(
                "パターンが{most}文字を超えています。", "the pattern is longer than {most} characters", most=PATTERN_MAX
            )
        )
    return _compile(normal_pattern(pattern))


@functools.lru_cache(maxsize=2 * PATTERNS_MAX)
def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    try:
        options.max_mem = _PROGRAM_MAX  # a small one first: a pattern that explodes is refused before it does
        re2.compile(f"(?m){pattern}", options)
        options.max_mem = _MEMORY
        compiled = re2.compile(f"(?m){pattern}", options)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(_reason(pattern, _said(error))) from error
    if compiled.search(b"") is not None:
        raise ValueError(
            Sentence(
                "このパターンは空の文字列にも一致するため、すべてのメールに一致します。",
                "the pattern matches the empty text, and so every mail",
            )
        )
    return compiled


def _reason(pattern: str, said: str) -> str:
    if look := _LOOK.search(pattern):
        return Sentence(
            "先読み・後読み (?{sign} は使えません(エンジンは線形時間のRE2です)。"
            "2つ目のパターンを not: や unless: で使ってください。",
            "look-around (?{sign} is not possible, patterns run on a linear-time engine (RE2): use not: or unless: "
            "with a second pattern",
            sign=look[1],
        )
    if _BACK.search(pattern):
        return Sentence(
            "後方参照は使えません(エンジンは線形時間のRE2です)。候補をすべて書き出してください。",
            "back-references are not possible, patterns run on a linear-time engine (RE2): write the alternatives out",
        )
    if _ATOMIC.search(pattern):
        return Sentence(
            "アトミックグループと強欲な繰り返しは不要で、使えません(エンジンは線形時間のRE2です)。取り除いてください。",
            "atomic groups and possessive repeats are not needed and not possible, patterns run on a linear-time "
            "engine (RE2): leave them out",
        )
    if "too large" in said:
        return Sentence(
            "繰り返しを展開するとパターンが大きすぎます。繰り返す回数か対象を減らしてください。",
            "the pattern is too large when its repeats are written out: repeat less, or smaller things",
        )
    wrong, _, where = said.partition(": ")
    japanese = _RE2.get(wrong, wrong) + (f": {where.removeprefix('(?m)')}" if where else "")
    return Sentence("正規表現として正しくありません。{said}", "not a pattern: {said}", said=Sentence(japanese, said))


#: What RE2 says of a pattern.
_RE2 = {
    "missing )": "( が閉じていません",
    "missing ]": "[ が閉じていません",
    "unexpected )": ") が余分です",
    "no argument for repetition operator": "繰り返す対象がありません",
    "bad repetition operator": "繰り返しの記号が続いています",
    "invalid repetition size": "繰り返しの回数は1000までで、小さい方から書きます",
    "invalid escape sequence": "使えないエスケープです",
    "trailing \\": "末尾の「\\」の後に何もありません",
    "invalid character class range": "文字クラスの範囲が正しくありません",
    "invalid perl operator": "(? の後の書き方が正しくありません",
}


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)


def matches(compiled: Any, text: bytes) -> Iterator[str]:
    """The matched pieces of a UTF-8 text, at most MATCHES_MAX."""
    number = 0
    for match in compiled.finditer(text):
        start, end = match.span()
        if end == start:
            continue  # `\b(word)?` matches between all words: such a match is none, and keeps none from being found
        yield text[start:end].decode("utf-8", "replace")
        number += 1
        if number >= MATCHES_MAX:
            return


def glob_pattern(glob: str) -> str:
    """A glob (`*`, `?`) as a pattern for the whole of a text."""
    parts = {"*": "(?s:.*)", "?": "(?s:.)"}
    return "".join(parts.get(ch) or re2.escape(ch) for ch in glob)


def compile_globs(globs: Iterable[str]) -> Any:
    """All globs as one RE2 object, case ignored; None if there are none. Raises ValueError."""
    union = "|".join(sorted(glob_pattern(glob) for glob in set(globs)))
    if not union:
        return None
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = 64 * 2**20
    try:
        return re2.compile(f"(?:{union})", options)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(
            Sentence(
                "1つのリストの中のワイルドカードが多すぎるか、長すぎます。", "too many or too long globs in one list"
            )
        ) from error


class Words:
    """Words, each found wherever it stands in a folded text.

    A word that begins or ends in a Latin letter or a digit is not found inside a longer one (`NDA` is not in
    `agenda`, but is in `NDA締結`); a `*` at its end or beginning lifts that. A short one in Chinese characters is also
    found spread, as stamps and headings have it: 社 外 秘.
    """

    def __init__(self, words: Iterable[str]) -> None:
        found: dict[str, tuple[str, bool, bool]] = {}
        spread: dict[str, str] = {}
        for word in words:
            folded = " ".join(fold(word).split())
            bare = folded.strip("*").strip()
            if bare:
                found[word.strip()] = (bare, not folded.startswith("*"), not folded.endswith("*"))
                if len(spread) < _SPREAD_MOST and _STAMP.fullmatch(bare):
                    spread[bare] = " ".join(bare)
        self._words = tuple(sorted(found.items()))
        self._spread = spread
        #: What must stand in a text for a word to be found there.
        self.bare = frozenset((*(bare for bare, _, _ in found.values()), *spread.values()))

    def __len__(self) -> int:
        return len(self._words)

    def found(self, text: str, present: frozenset[str] | None = None) -> Iterator[tuple[str, int]]:
        """The words that stand in the folded text, as written in the policy, with how often (at most
        MATCHES_MAX each). present: what may stand there at all, if somebody knows.
        """
        if present is not None and self.bare.isdisjoint(present):
            return
        for written, (word, front, back) in self._words:
            number = 0
            if (present is None or word in present) and word in text:
                number = _occurrences(word, text, front, back)
            spread = self._spread.get(word, "")
            if spread and (present is None or spread in present) and spread in text:
                number += _occurrences(spread, text, front=False, back=False)
            if number:
                yield written, number


def _occurrences(word: str, text: str, front: bool, back: bool) -> int:
    number = 0
    at = text.find(word)
    while at >= 0 and number < MATCHES_MAX:
        end = at + len(word)
        inside = (front and at > 0 and _same_kind(text[at - 1], word[0])) or (
            back and end < len(text) and _same_kind(word[-1], text[end])
        )
        number += not inside
        at = text.find(word, at + 1 if inside else end)
    return number


def _same_kind(left: str, right: str) -> bool:
    """Whether two neighbours belong to one Latin word or one number."""
    return (_latin(left) and _latin(right)) or (left.isdecimal() and right.isdecimal())


def _latin(ch: str) -> bool:
    return ch < "\u0250" and ch.isalpha()
