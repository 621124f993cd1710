"""The model of who writes to whom: what it learns, what it says, and that judging never teaches."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight import keeping
from mailguard.insight.lesson import Lesson, LessonError, read
from mailguard.insight.model import Insight, InsightError
from mailguard.insight.rivals import NONE
from mailguard.insight.rows import NAMES, STRANGER, WANT_RIVALS, Rows, rows
from mailguard.insight.sketches import Recent
from mailguard.insight.words import File, Judgement, Letter

DAY = 86_400.0
ANN = "ann@corp.example"
PEOPLE = ["taro.tanaka@acme.example", "hanako.sato@beta.example", "jiro.suzuki@corp.example", "ken.tanaka@corp.example"]
TOPICS = {
    PEOPLE[0]: "quotation pump delivery valves",
    PEOPLE[1]: "audit ledger invoices closing",
    PEOPLE[2]: "holiday roster shift",
    PEOPLE[3]: "printer network cable",
}


def letter(to: str | tuple[str, ...], day: float, **more: object) -> Letter:
    people = (to,) if isinstance(to, str) else to
    first = people[0]
    name = first.partition("@")[0].rpartition(".")[2].title()
    said = {
        "subject": "Re: " + TOPICS.get(first, "hello"),
        "body": f"Dear {name},\n\n{TOPICS.get(first, '')} again.\nAnn",
    }
    return replace(Letter(1.7e9 + day * DAY, ANN, people, sender_name="Ann Example"), **{**said, **more})  # type: ignore[arg-type]


def taught(mails: int = 60) -> Insight:
    model, chance = Insight(own=["corp.example"]), random.Random(1)
    for day in range(mails):
        model.learn(read(letter(chance.choice(PEOPLE), day)))
    return model


def risk(judgement: Judgement, address: str) -> float:
    return next(one.risk for one in judgement.opinions if one.address == address)


def test_a_domain_that_looks_like_the_usual_one_is_told_with_whom_was_meant() -> None:
    model = taught()
    right = letter(PEOPLE[0], 70)
    wrong = replace(right, to=("taro.tanaka@acrne.example",))
    assert model.score(read(right)).risk < 0.2
    judged = model.score(read(wrong))
    assert judged.risk > 0.8
    worst = judged.worst
    assert worst is not None
    assert (worst.kind, worst.alternative) == ("lookalike", PEOPLE[0])
    assert PEOPLE[0] in worst.because.ja
    assert "taro.tanaka@acrne.example" in worst.because.en


def test_what_is_known_of_strangers_beforehand_is_so() -> None:
    model, strangers = taught(), ("taro.tanaka@acme-corp.example", "new.colleague@corp.example", "x@elsewhere.example")
    for to in (strangers[:1], strangers, (strangers[1], *PEOPLE[:2])):
        (seen,) = rows(model.memory, [read(letter(to, 70, body="Hi Tanaka,\n\nquotation pump\n> valves"))])
        for address, numbers in zip(seen.addresses, seen.numbers, strict=True):
            said = {name: numbers[NAMES.index(name)] for name in STRANGER}
            assert (said == STRANGER) == (address in strangers)


def test_of_many_recipients_the_one_whom_the_mail_fits_least_is_compared_first() -> None:
    # No more than so many rivals are asked: they were used up by those who come first in the alphabet.
    model = taught()
    circle = [f"{name}{number:02}@corp.example" for number in range(14) for name in (f"p{chr(97 + number)}x", "qqq")]
    for day, one in enumerate(circle * 3):
        model.learn(read(letter(one, 60 + day / 10, body="roster", subject="roster")))
    familiar = [one for one in circle if one.startswith("p")]
    alike = [f"{one[:3]}{number}.alike@corp.example" for one in familiar for number in range(6)]
    for day, one in enumerate(alike):
        model.learn(read(letter(one, 70 + day / 10, body="roster", subject="roster")))
    wrong = "yuki.tanaka@corp.example"
    (seen,) = rows(model.memory, [read(letter((*familiar, wrong), 90, body="roster", subject="roster"))])
    at = seen.addresses.index(wrong)
    meant = model.memory.people.addresses[seen.mistakable[at].best]
    assert (at, seen.mistakable[at].family, meant) == (len(familiar), 2, PEOPLE[3])
    assert seen.mistakable[at].named > NONE


def test_mails_are_judged_together_as_each_alone() -> None:
    model = taught()
    mails = [letter(PEOPLE[0], 70), letter(tuple(PEOPLE), 71), letter("taro.tanaka@acrne.example", 72)]
    lessons = [*map(read, mails), replace(read(mails[0]), people=(), kinds=())]
    assert model.scored(lessons) == [model.score(one) for one in lessons]
    assert {one.risk > 0.5 for one in model.scored(lessons)} == {True, False}
    assert model.scored([]) == []


def glanced(model: Insight, mail: Letter) -> Rows:
    return rows(model.memory, [read(mail)], model.tables.glance)[0]


def test_of_a_usual_mail_no_more_is_asked_than_a_first_glance() -> None:
    model = taught()
    seen = glanced(model, letter(PEOPLE[2], 61))
    assert seen.quiet is not None
    assert max(seen.quiet) <= -3.0
    assert not seen.numbers
    judged = model.score(read(letter(PEOPLE[2], 61)))
    assert (judged.alarm, [one.address for one in judged.opinions]) == (False, [PEOPLE[2]])
    assert 0.0 < judged.risk < 0.05


@pytest.mark.parametrize("beside", ["never@seen.example", "taro.tanaka@acrne.example", "somebody@corp.example"])
def test_a_mail_to_somebody_new_is_looked_at_in_full(beside: str) -> None:
    model = taught()
    assert glanced(model, letter((PEOPLE[2], beside), 61)).quiet is None


def test_a_plain_sign_is_seen_though_a_first_glance_would_do() -> None:
    # Whom he took back is known by no table.
    model = taught()
    usual = letter(PEOPLE[2], 61)
    model.refuse(read(letter(PEOPLE[2], 60, subject="x", body="y")), [PEOPLE[2]], {PEOPLE[2]: PEOPLE[3]})
    seen = glanced(model, usual)
    assert seen.quiet is None
    assert seen.signs[0].taken_back


def test_what_a_first_glance_is_not_enough_for_has_the_numbers_that_it_has_without_one() -> None:
    model = taught()
    mails = [letter((PEOPLE[0], PEOPLE[1]), 61, body="Dear Jiro,\n\nvalves"), letter("new@acme.example", 62)]
    lessons = [*map(read, mails)]
    with_glance = rows(model.memory, lessons, model.tables.glance)
    assert [one.quiet for one in with_glance] == [None, None]
    assert [one.numbers for one in with_glance] == [one.numbers for one in rows(model.memory, lessons)]
    for one in with_glance:
        assert all(len(numbers) == len(NAMES) for numbers in one.numbers)
        at = NAMES.index("rival")
        assert any(numbers[at] for numbers in one.numbers)
        for numbers in one.glance():
            assert [numbers[NAMES.index(name)] for name in WANT_RIVALS] == [0.0, 0.0, 0.0]


def test_an_answer_that_goes_to_somebody_else_is_told() -> None:
    quoted = f"\n\n-----Original Message-----\nFrom: Taro Tanaka <{PEOPLE[0]}>\nTo: Ann\nSubject: pump\n\nvalves?"
    model = taught()
    to_asker = letter(PEOPLE[0], 70, body="Yes." + quoted)
    to_other = replace(to_asker, to=(PEOPLE[1],))
    assert model.score(read(to_other)).risk > 3 * model.score(read(to_asker)).risk


@settings(max_examples=30, deadline=None)
@given(st.permutations([*PEOPLE, "new@else.example", "taro.tanaka@acme.example.net"]), st.integers(1, 6))
def test_the_order_of_recipients_does_not_matter(order: list[str], many: int) -> None:
    model = taught(30)
    people = sorted(order[:many])
    one = model.score(read(letter(tuple(people), 40, body="valves", subject="pump")))
    other = model.score(read(letter(tuple(order[:many]), 40, body="valves", subject="pump")))
    assert one.alarm == other.alarm
    for address in people:
        assert risk(one, address) == pytest.approx(risk(other, address), abs=1e-9)


def saved(model: Insight) -> bytes:
    stream = io.BytesIO()
    model.save(stream)
    return stream.getvalue()


def test_judging_never_teaches() -> None:
    model = taught(20)
    before = saved(model)
    for to in [*PEOPLE, "never@seen.example"]:
        model.score(read(letter(to, 30, message_id="<x@y>", files=(File("00" * 32, "a.pdf"),))))
    assert saved(model) == before


def test_what_was_saved_judges_as_before_and_learns_on() -> None:
    model = taught()
    again = Insight.load(io.BytesIO(saved(model)), own=["corp.example"])
    assert (again.learned, again.since) == (model.learned, model.since)
    for to in [*PEOPLE, "taro.tanaka@acrne.example"]:
        lesson = read(letter(to, 70))
        assert again.score(lesson) == model.score(lesson)
        again.learn(lesson)
        model.learn(lesson)
    assert saved(again) == saved(model)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_broken_file_is_refused_and_never_stumbled_over(data: st.DataObject) -> None:
    octets = bytearray(_SAVED)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(octets)))
    for broken in (bytes(octets), bytes(octets[:cut])):
        try:
            model = Insight.load(io.BytesIO(broken))
        except InsightError:
            continue
        assert model.score(read(letter(PEOPLE[0], 70))).opinions


_SAVED = saved(taught(10))


def test_a_file_made_to_hurt_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    magic, _, rest = _SAVED.split(b"\n", 2)
    for head in (b"[" * 90_000, b'{"a":' * 15_000):
        with pytest.raises(InsightError, match="RecursionError"):
            Insight.load(io.BytesIO(b"\n".join((magic, head, rest))))
    with pytest.raises(InsightError, match="learned"):
        Insight.load(io.BytesIO(_SAVED.replace(b'"learned"', b'"learnt"', 1)))
    monkeypatch.setattr(keeping, "_ALL", 2**24)  # each section is short enough, all together are not
    with pytest.raises(InsightError, match="too long"):
        Insight.load(io.BytesIO(_SAVED))


def test_two_nodes_know_what_each_of_them_learned() -> None:
    one, other = Insight(own=["corp.example"]), Insight(own=["corp.example"])
    for day in range(20):
        one.learn(read(letter(PEOPLE[0], day)))
        other.learn(read(letter(PEOPLE[1], day)))
    alone = one.score(read(letter(PEOPLE[1], 30))).risk
    one.merge(other)
    assert one.learned == 40
    assert one.score(read(letter(PEOPLE[1], 30))).risk < alone
    assert one.score(read(letter("hanako.sato@bbeta.example", 30))).worst.alternative == PEOPLE[1]  # type: ignore[union-attr]


def test_nobody_is_named_who_was_forgotten() -> None:
    model = taught()
    wrong = read(replace(letter(PEOPLE[0], 70), to=("taro.tanaka@acrne.example",)))
    assert model.score(wrong).worst.alternative == PEOPLE[0]  # type: ignore[union-attr]
    assert model.forget("Taro.Tanaka@Acme.example")
    assert not model.forget(PEOPLE[0])
    assert all(one.alternative != PEOPLE[0] for one in model.score(wrong).opinions)
    assert b"taro.tanaka" not in b"".join(
        model.memory.people.addresses[at].encode() for at in range(len(model.memory.people))
    )
    assert Insight.load(io.BytesIO(saved(model))).learned == model.learned
    model.forget(ANN)
    assert model.score(read(letter(PEOPLE[2], 71))).opinions


def test_a_warning_that_was_overruled_often_enough_stays_silent() -> None:
    model = taught()
    model.budget = 0.01
    wrong = read(replace(letter(PEOPLE[0], 70), to=("taro.tanaka@acrne.example",)))
    assert model.score(wrong).alarm
    for _ in range(3):
        model.trust(wrong, ["taro.tanaka@acrne.example"])
    assert not model.score(wrong).alarm
    assert model.score(wrong).risk < 0.2
    for often in (0, 4):
        assert Insight.load(io.BytesIO(saved(model)), 0.01, ["corp.example"], often).score(wrong).alarm
    model.refuse(wrong, ["taro.tanaka@acrne.example"], {"taro.tanaka@acrne.example": PEOPLE[0]})
    assert model.score(wrong).alarm


def test_tables_do_not_grow_with_what_is_learned() -> None:
    small, large = taught(5), taught(400)
    for name in ("own_words", "all_words", "threads", "greetings", "together", "together_all", "profile", "greeted_as"):
        assert len(getattr(large.memory, name).cells) == len(getattr(small.memory, name).cells)
    assert len(large.memory.count) == len(PEOPLE)


def test_the_oldest_mails_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.insight.memory.MAILS", 40)
    model = taught(200)
    assert len(model.memory.sender) <= 41
    assert model.memory.base + len(model.memory.sender) == 201
    assert model.score(read(letter(PEOPLE[0], 210))).risk < 0.3
    assert Insight.load(io.BytesIO(saved(model))).score(read(letter(PEOPLE[0], 210))) == model.score(
        read(letter(PEOPLE[0], 210))
    )


_TEXT = st.text(max_size=300)
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)


@settings(max_examples=80, deadline=None)
@given(
    st.builds(
        Letter, st.floats(0, 2e9), _TEXT, _TEXTS, _TEXTS,
        sender_name=_TEXT, names=st.dictionaries(_TEXT, _TEXT, max_size=3), subject=_TEXT, body=_TEXT, message_id=_TEXT,
        in_reply_to=_TEXT, references=_TEXTS,
        files=st.lists(st.builds(File, _TEXT, _TEXT), max_size=2).map(tuple),
    )
)  # fmt: skip
def test_whatever_a_mail_holds_it_is_read_kept_judged_and_learned(any_letter: Letter) -> None:
    lesson = read(any_letter)
    assert Lesson.from_bytes(lesson.to_bytes()) == lesson
    model = Insight()
    for _ in range(2):
        judged = model.score(lesson)
        assert len(judged.opinions) == len(lesson.people)
        assert all(0 <= one.risk <= 1 for one in judged.opinions)
        model.learn(lesson)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"[2]", b"[1,2,3]", b"\xff", b"[1" + b",1" * 17 + b"]"])
def test_what_is_no_lesson_is_refused(raw: bytes) -> None:
    with pytest.raises(LessonError):
        Lesson.from_bytes(raw)


def test_no_word_of_a_mail_stands_in_its_lesson() -> None:
    raw = read(
        letter(PEOPLE[0], 1, subject="Confidential merger", body="Dear Taro,\n\nsecretword\n\nFrom: Bob Smith\n")
    ).to_bytes()
    for word in (b"onfidential", b"merger", b"secretword", b"Smith", b"smith", b"Dear"):
        assert word not in raw


def test_people_and_pairs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("PEOPLE", 30), ("PAIRS", 25), ("CONTACTS", 20)):
        monkeypatch.setattr(f"mailguard.insight.memory.{name}", most)
    model = Insight(own=["corp.example"])
    for number in range(300):
        sender = f"s{number % 7}@corp.example"
        to = (f"p{number}@x{number % 50}.example", PEOPLE[number % 4])
        model.learn(read(replace(letter(to, number), sender=sender)))
    memory = model.memory
    assert len(memory.people) <= 31
    assert len(memory.count) <= 25
    assert max(len(one.people) for one in memory.senders.values()) <= 20
    assert model.score(read(letter(PEOPLE[0], 400))).opinions
    model.trust(read(letter("never@seen.example", 401)), ["never@seen.example"])
    model.refuse(read(letter("never@seen.example", 401)), ["never@seen.example"])
    assert len(memory.people) <= 31


def test_what_was_taken_back_is_asked_about_until_it_is_written_to_again() -> None:
    model, mail = taught(), read(letter(PEOPLE[1], 70))
    before = model.score(mail).risk
    model.refuse(mail, [PEOPLE[1]], {PEOPLE[1]: PEOPLE[0]})
    again = Insight.load(io.BytesIO(saved(model)))
    assert model.score(mail).risk > before
    assert again.score(mail) == model.score(mail)
    stranger = read(replace(letter("new@else.example", 71), subject="hello", body="hello"))
    model.refuse(stranger, ["new@else.example"], {"new@else.example": PEOPLE[0]})
    worst = model.score(stranger).worst
    assert worst is not None
    assert (worst.kind, worst.alternative) == ("before", PEOPLE[0])
    assert worst.because.en == f"new@else.example was changed to {PEOPLE[0]} before."
    model.learn(stranger)
    assert all(one.kind != "before" for one in model.score(stranger).opinions)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_many_recipients_does_not_matter_either(chance: random.Random) -> None:
    model, people = taught(30), [*PEOPLE, *(f"p{number}.tanaka@x{number % 7}.example" for number in range(60))]
    one = model.score(read(letter(tuple(people), 40, body="valves", subject="pump")))
    chance.shuffle(people)
    other = model.score(read(letter(tuple(people), 40, body="valves", subject="pump")))
    assert [one.address for one in other.opinions] == people
    assert {each.address: each for each in one.opinions} == {each.address: each for each in other.opinions}


def test_the_newest_of_two_nodes_stays_the_newest() -> None:
    one, other = Recent(4, 4), Recent(4, 4)
    for number in (1, 2, 3):
        other.put((7,), number)
    one.put((7,), 1)
    one.follow(other, 10)
    assert one.get(7) == (13, 12, 11, 1)
