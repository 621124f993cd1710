"""`text` out of what was written."""

from __future__ import annotations

from mailguard.mail.saying import Sentence
from mailguard.policy.build.source import Source
from mailguard.policy.conditions.other_customer import OtherCustomerInText
from mailguard.policy.conditions.text import PLACES, Sought, TextFound
from mailguard.policy.conditions.tree import Condition
from mailguard.policy.marks import PROBLEMS_MAX, Path, Problem
from mailguard.policy.patterns import Words, compile_pattern
from mailguard.policy.rows import headed
from mailguard.policy.schema.text import TextModel, parse_weight
from mailguard.policy.shares import ALL_SHARES, Shares
from mailguard.policy.values import AT_LEAST_ONE

#: Words of one file: each is looked for in each mail, unlike the names of a list.
WORDS_MAX = 20_000
_WORD_HEADS = ("word", "words", "keyword", "keywords", "語句", "単語", "キーワード")
_WEIGHT_HEADS = ("weight", "score", "重み", "点数", "配点")


def text(model: TextModel, path: Path, source: Source) -> Condition:
    """The condition on words and patterns; words of files are taken in."""
    places = tuple(place for place in PLACES if place in model.in_) if model.in_ else PLACES
    shares = Shares(model.quoted or "include", model.signature or "include", model.hidden or "include")
    shares = ALL_SHARES if shares == ALL_SHARES else shares  # known again without a look at its parts
    if model.names_other_customer:
        return OtherCustomerInText(source.asked_customers((*path, "names_other_customer")), places, shares)
    weights = dict(model.words or ())
    for index, name in enumerate(model.files or ()):
        for word, weight in _weighted(name, (*path, "files", index), source):
            weights[word] = max(weight, weights.get(word, 0))
    return TextFound(
        words=Words(weights),
        weights={word.strip(): weight for word, weight in weights.items()},
        patterns=tuple(
            Sought(compile_pattern(one.pattern), one.weight, one.count or AT_LEAST_ONE) for one in model.patterns or ()
        ),
        places=places,
        shares=shares,
        count=model.count or (AT_LEAST_ONE if model.score is None else None),
        score=model.score,
    )


def _weighted(name: str, path: Path, source: Source) -> list[tuple[str, int]]:
    """The words of a file with their weights, 1 where there is no second column."""
    rows = source.rows_of(name, path)
    if len(rows) > WORDS_MAX:
        said = Sentence(
            "リストのファイル{name!r}: 語が{most:,}個を超えています。",
            "list file {name!r}: more than {most:,} words",
            name=name[:100],
            most=WORDS_MAX,
        )
        source.problem(path, said)
        return []
    heads = headed(rows, (*_WORD_HEADS, *_WEIGHT_HEADS))
    word_at = next((heads[head] for head in _WORD_HEADS if head in heads), 0)
    weight_at = next((heads[head] for head in _WEIGHT_HEADS if head in heads), 1)
    found: list[tuple[str, int]] = []
    wrong = 0
    for row in rows[1:] if heads else rows:
        cell = row.cell(weight_at)
        try:
            weight = parse_weight(int(cell) if cell.isascii() and cell.isdigit() else cell) if cell else 1
        except ValueError as error:
            wrong += 1
            if wrong <= PROBLEMS_MAX:
                source.problems.append(Problem(row.file, row.line, 1, str(error)))
            continue
        found.extend([(row.cell(word_at), weight)] if row.cell(word_at) else [])
    return found
