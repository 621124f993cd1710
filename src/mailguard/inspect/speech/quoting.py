"""Whose words a text is made of: the writer's own, the quoted text of the mail that is answered or forwarded, and the
signature under them.

Knows the ways in which mail programs quote, in the languages they speak here. Trusts nothing: whoever imitates a
quotation changes whose words these are, never whether they are read. When unsure it is the writer's own text, which
rules look at most strictly. Linear, never raises; looks at the first half million characters, the rest continues
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.inspect import gates
from mailguard.inspect.speech.closing import closing_of
from mailguard.inspect.speech.quote_marks import (
    BORDER,
    attribution_start,
    ends_quotation,
    has_verbs,
    header_block_end,
    introducing,
    is_attribution,
    is_forward,
    is_marked,
    is_prefixed,
    is_quoted_run,
    is_separator,
    speaks_of_forwarding,
)
from mailguard.mail.values import value

QUOTED, SIGNATURE = "quoted", "signature"
_MOST_CHARS = 500_000
_MOST_SEGMENTS = 400
_BLANK = " \t\u3000\xa0\r"


@value(frozen=True, slots=True)
class Segment:
    """A stretch of whole lines. role: "", "quoted" or "signature": whose words they are."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Stretches:
    """A text told apart, each voice with its stretches joined by line ends."""

    own: str
    quoted: str = ""
    signature: str = ""

    @property
    def forwarded(self) -> bool:
        """Whether what is quoted was forwarded rather than answered, as far as its separator says."""
        if not self.quoted:
            return False
        quoted = self.quoted[:_MOST_CHARS]
        return speaks_of_forwarding(quoted) and any(is_forward(line.strip(_BLANK)) for line in quoted.split("\n"))


def split(text: str) -> Stretches:
    """The three voices of a text."""
    return joined(segments(text))


def joined(parts: tuple[Segment, ...]) -> Stretches:
    """Segments put together by voice."""
    return Stretches(*("\n".join([one.text for one in parts if one.role == role]) for role in ("", QUOTED, SIGNATURE)))


def segments(text: str, opened: int = gates.ALL) -> tuple[Segment, ...]:
    """The stretches of a text in order; joined by line ends they are the text again. opened: its gates."""
    cut = len(text) if len(text) <= _MOST_CHARS else text.rfind("\n", 0, _MOST_CHARS)
    looked_at = text[: max(cut, 0)]
    lines = looked_at.split("\n")
    bare = [line.strip(_BLANK) for line in lines]
    roles = _roles(looked_at, bare, opened)
    _sign(bare, roles, opened)
    if not any(roles) and cut == len(text):
        return (Segment("", text),)
    parts: list[Segment] = []
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or roles[number] != roles[start]:
            parts.append(Segment(roles[start], "\n".join(lines[start:number])))
            start = number
        if len(parts) == _MOST_SEGMENTS:
            parts.append(Segment("", "\n".join(lines[start:])))
            break
    if cut != len(text):
        last = roles[-1] if roles[-1] == QUOTED and not is_prefixed(lines[-1]) else ""
        parts.append(Segment(last, text[cut + 1 :]))
    return tuple(parts)


def _roles(text: str, bare: list[str], opened: int) -> list[str]:
    """A role for each line of a text: own or quoted. bare: its lines, stripped."""
    marked = is_marked(text)
    verbs = bool(opened & gates.WROTE) and has_verbs(text)
    heads = introducing(text, bare, verbs)
    if not marked and not heads:
        return [""] * len(bare)
    quoted = [False] * len(bare)
    prefixed = [is_prefixed(line) for line in bare] if marked else quoted.copy()
    attributed, following = False, 0
    for number in heads:
        if number < following or prefixed[number] or (head := _head(bare, prefixed, number, verbs)) is None:
            continue
        start, end, open_ended = head
        attributed = True
        following = _end(bare, end) if open_ended else end
        quoted[start:following] = [True] * (following - start)
    if marked:
        _prefixed_runs(bare, prefixed, quoted, attributed)
    if True not in quoted:
        return [""] * len(bare)
    _fill_blanks(bare, quoted)
    return [QUOTED if one else "" for one in quoted]


def _head(bare: list[str], prefixed: list[bool], number: int, verbs: bool) -> tuple[int, int, bool] | None:
    """The lines that introduce a quotation: first, one behind the last, and whether all that follows is quoted.

    verbs: what `has_verbs` says of the text.
    Where the quoted lines bear a mark of their own (">"), only these are quoted: the answers between them are not.
    """
    line = bare[number]
    if is_separator(line):
        below = number + 1
        while below < len(bare) and not bare[below]:
            below += 1
        end = header_block_end(bare, below, separated=True) or number + 1
        return number, end, not _marked_next(bare, prefixed, end)
    above = _border_before(bare, number)
    end = header_block_end(bare, number, drawn=bare[above].startswith("___"))
    if end:
        return above, end, not _marked_next(bare, prefixed, end)
    if not is_attribution(line, verbs):
        return None
    marked = _marked_next(bare, prefixed, number + 1)
    found = attribution_start(bare, number, marked)
    return None if found is None else (found, number + 1, not marked)


def _border_before(bare: list[str], number: int) -> int:
    """The line drawn right above a header block, if there is one; further up it ends a signature."""
    return number - 1 if number and BORDER.fullmatch(bare[number - 1]) else number


def _marked_next(bare: list[str], prefixed: list[bool], number: int) -> bool:
    for later in range(number, min(number + 4, len(bare))):
        if bare[later]:
            return prefixed[later]
    return False


def _end(bare: list[str], number: int) -> int:
    """Where an open quotation ends: behind a line that says so, else with the text."""
    for later in range(number, len(bare)):
        if ends_quotation(bare[later]):
            return later + 1
    return len(bare)


def _prefixed_runs(bare: list[str], prefixed: list[bool], quoted: list[bool], attributed: bool) -> None:
    """Mark the runs of lines with a quoting mark, where they are quotations and no code, arrows or menus."""
    if not (marked := sum(prefixed)):
        return
    shallow = attributed or any(one and bare[i][1:2] not in (">", "＞") for i, one in enumerate(prefixed))
    start = 0
    while start < len(bare):
        if not prefixed[start] or quoted[start]:
            start += 1
            continue
        stop = start
        while stop < len(bare) and prefixed[stop]:
            stop += 1
        alone = marked == 1 and not attributed
        if shallow and is_quoted_run(bare[start:stop], bare[max(0, start - 2) : start], alone=alone):
            quoted[start:stop] = [True] * (stop - start)
        start = stop


def _fill_blanks(bare: list[str], quoted: list[bool]) -> None:
    """Blank lines between quoted lines are quoted too."""
    last = None
    for number, line in enumerate(bare):
        if not line:
            continue
        if quoted[number] and last is not None and last < number - 1 and quoted[last]:
            quoted[last + 1 : number] = [True] * (number - last - 1)
        last = number


def _sign(bare: list[str], roles: list[str], opened: int) -> None:
    """Mark the signature: under the last own words, and under those right above the first quotation."""
    first, ends = 0, [len(bare)]
    if QUOTED in roles:
        first = roles.index(QUOTED)
        ends = [number + 1 for number in range(len(bare) - 1, -1, -1) if not roles[number]][:1]
    for end in dict.fromkeys([*ends, first]):
        start = end
        while start > 0 and not roles[start - 1]:
            start -= 1
        if start < end and (found := closing_of(bare, start, end, opened)):
            roles[found[0] : found[1]] = [SIGNATURE] * (found[1] - found[0])
    written = len(bare)
    while written and not bare[written - 1]:
        written -= 1
    if written:
        roles[written:] = [roles[written - 1]] * (len(bare) - written)
