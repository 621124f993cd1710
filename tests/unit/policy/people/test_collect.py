"""People and groups as they are written: what is put together, and everything that is wrong, with its place."""

from __future__ import annotations

from datetime import date

import pytest
from tests.judging import PolicyText

from mailguard.mail.directory import NOBODY, Directory, Person
from mailguard.policy.lists import entries_of
from mailguard.policy.marks import Problem
from mailguard.policy.people import collect

ANN, BOSS, VICE = (f"{name}@corp.example" for name in ("ann", "boss", "vice"))
BOTH = "people: [{address: ann@corp.example, manager: boss@corp.example}, {address: boss@corp.example}]\n"


def read(*texts: str, files: dict[str, bytes] | None = None, known: Directory = NOBODY) -> tuple[Directory, list[str]]:
    """The directory of several policy files, and the problems as people read them."""
    sources = [PolicyText.of(f"version: 1\n{text}", f"{'abc'[number]}.yaml") for number, text in enumerate(texts)]
    problems: list[Problem] = []
    octets = files or {}
    found = collect(
        sources,
        lambda file: octets[str(file)],
        lambda _source, name, _path: list(entries_of(name, octets[name])),
        problems,
        known,
    )
    return found, [str(problem) for problem in sorted(problems)]


def good(*texts: str, files: dict[str, bytes] | None = None, known: Directory = NOBODY) -> Directory:
    found, problems = read(*texts, files=files, known=known)
    assert problems == []
    return found


def test_a_person_written_out() -> None:
    found = good(
        "people:\n"
        "  - {address: Ann@CORP.example, name: 安藤 花子, manager: boss@corp.example, delegates: vice@corp.example,\n"
        "     away: ['2026-12-28..2027-01-05', 2027-03-01], aliases: hanako@corp.example}\n"
        "  - {address: boss@corp.example}\n"
        "  - {address: vice@corp.example, manager: hanako@corp.example}\n"
    )
    away = ((date(2026, 12, 28), date(2027, 1, 5)), (date(2027, 3, 1), date(2027, 3, 1)))
    assert found.people[ANN] == Person(ANN, "安藤 花子", BOSS, (VICE,), away, ("hanako@corp.example",))
    assert found.manager_of(VICE) == ANN, "a manager named by a further address"


def test_what_several_places_say_of_one_person_is_put_together() -> None:
    csv = b"address,groups\nann@corp.example,sales; board members\n"
    found = good(
        BOTH,
        "people: {list: [{address: ann@corp.example, name: Ann, groups: night}], files: [p.csv]}\n"
        "groups: {night: {}, sales: {members: boss@corp.example}}\n",
        files={"p.csv": csv},
    )
    assert found.people[ANN] == Person(ANN, "Ann", BOSS)
    assert {name: found.members(name) for name in found.groups} == {
        "night": (ANN,),
        "sales": (ANN, BOSS),
        "board members": (ANN,),
    }


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_japanese_csv(charset: str, delimiter: str) -> None:
    lines = [
        "社員番号,メールアドレス,氏名,上長,代理,所属,不在",
        "001,ann@corp.example,安藤 花子,boss@corp.example,vice@corp.example;ＸＸ,営業部;第一課,2026/12/28〜2027/1/5",
        "",
        "002,boss@corp.example,部長,,,,",
        "003,vice@corp.example",
    ]
    text = "\r\n".join(lines).replace(";ＸＸ", " boss@corp.example").replace(",", delimiter)
    found = good("people: {files: p.csv}", files={"p.csv": text.encode(charset)})
    assert found.people[ANN].name == "安藤 花子"
    assert found.people[ANN].delegates == (VICE, BOSS)
    assert found.people[ANN].is_away(date(2027, 1, 5))
    assert found.members("営業部") == found.members("第一課") == (ANN,)
    assert found.manager_of(VICE) == ""


def test_bad_cells_have_their_line_and_column() -> None:
    csv = (
        b"name,address,manager,away\nAnn,ann@@x,boss,2026-13-01\n\nBob,,,\nCid,cid@corp.example,,2027-01-02..2027-01-01"
        + "\nDan,dan＠corp.example,,".encode("cp932")
    )
    assert read("people: {files: [p.csv]}", files={"p.csv": csv})[1] == [
        "p.csv:2:2: 'ann@@x' is not an address: local part is neither dot-atom nor quoted string",
        "p.csv:2:3: 'boss' is not an address: no @",
        "p.csv:2:4: the calendar has no day '2026-13-01'",
        "p.csv:4:2: no address in this line",
        "p.csv:5:4: ends before it begins: '2027-01-02..2027-01-01'",
        "p.csv:6:2: 'dan＠corp.example' is not an address: its @ is full-width, write a half-width one",
    ]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "p.csv:1:1: the first line must name the columns, one of them address (アドレス)"),
        (b"ann@corp.example\n", "p.csv:1:1: the first line must name the columns, one of them address (アドレス)"),
        (b"address,mangaer\nann@corp.example,\n", "p.csv:1:2: unknown column 'mangaer', did you mean 'manager'?"),
        (b"address,mail\nann@corp.example,\n", "p.csv:1:2: column 'address' is there twice"),
        (b"address\n\n", "a.yaml:2:18: people file 'p.csv': the file names nobody"),
        (b"\x81", "a.yaml:2:18: people file 'p.csv': neither UTF-8 nor Shift_JIS: save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_file_of_people(octets: bytes, said: str) -> None:
    assert read("people: {files: [p.csv]}", files={"p.csv": octets})[1] == [said]


def test_columns_that_mean_nothing_here_are_left_alone() -> None:
    csv = "address,phone,email2,title,氏名カナ,性別\nann@corp.example,1,2,3,4,5\n".encode()
    assert good("people: {files: [p.csv]}", files={"p.csv": csv}).people.keys() == {ANN}


def test_two_managers_for_one_person() -> None:
    said = read(BOTH, "people:\n  - {address: ann@corp.example, manager: vice@corp.example}\n")[1]
    assert said == [
        "b.yaml:3:42: manager of ann@corp.example is vice@corp.example here, but boss@corp.example in a.yaml:2"
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            "manager: bos@corp.example",
            "manager 'bos@corp.example' is nobody under people:, did you mean 'boss@corp.example'?",
        ),
        ("delegates: [x@y.example]", "delegate 'x@y.example' is nobody under people:"),
        ("manager: ann@corp.example", "ann@corp.example cannot be his or her own manager"),
        ("delegates: ann@corp.example", "ann@corp.example cannot be his or her own delegate"),
        ("aliases: boss@corp.example", "boss@corp.example is an address of boss@corp.example too"),
        ("groups: slaes", "no group 'slaes', did you mean 'sales'?"),
    ],
)
def test_names_that_nobody_knows(more: str, said: str) -> None:
    text = f"people: [{{address: boss@corp.example}}, {{address: ann@corp.example, {more}}}]\n"
    found = read(text + "groups: {sales: {members: boss@corp.example}}")[1]
    assert [line.split(": ", 1)[1] for line in found] == [said]
    assert found[0].startswith("a.yaml:2:")


def test_groups_inside_groups_files_and_whole_domains() -> None:
    found = good(
        BOTH + "groups:\n"
        "  all: {groups: [sales, night], members: '*@Desk.Corp.example'}\n"
        "  sales: {files: [s.csv]}\n"
        "  night: {files: n.txt, members: [vice@corp.example]}\n",
        "people: [{address: d@desk.corp.example}]",
        files={"s.csv": "メールアドレス\nann@corp.example\n".encode("cp932"), "n.txt": b"# who\nboss@corp.example\n"},
    )
    assert found.members("all") == (ANN, BOSS, "d@desk.corp.example", VICE)
    assert found.is_member("unknown@desk.corp.example", "all")
    assert not found.is_member("unknown@desk.corp.example", "sales")


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("{a: {}}", ["2:13: group 'a' has no members"]),
        ("{a: {groups: a}}", ["2:22: group 'a' contains itself", "2:13: group 'a' has no members"]),
        (
            "{a: {members: x@y.example, groups: b}, b: {groups: c}, c: {groups: a}}",
            ["2:76: group 'c' contains 'a', which contains it"],
        ),
        ("{sales: {groups: slaes, members: x@y.example}}", ["2:26: no group 'slaes', did you mean 'sales'?"]),
        (
            "{a: {members: [ann]}}",
            ["2:24: 'ann' is neither an address nor *@domain: no @"] * 1 + ["2:13: group 'a' has no members"],
        ),
        ("{a: {members: ['ann*@corp.example']}}", None),
        ("{a: {members: ['*@*.example']}}", None),
    ],
)
def test_groups_that_cannot_be(groups: str, said: list[str] | None) -> None:
    found = read(f"groups: {groups}")[1]
    assert found
    if said is not None:
        assert sorted(line.removeprefix("a.yaml:") for line in found) == sorted(said)


def test_a_group_of_two_files() -> None:
    assert read("groups: {a: {members: x@y.example}}", "groups: {a: {members: z@y.example}}")[1] == [
        "b.yaml:2:13: group 'a' is there twice (first in a.yaml:2)"
    ]


def test_a_deep_nest_is_no_recursion() -> None:
    deep = ", ".join(f"g{n}: {{groups: g{n + 1}}}" for n in range(5000))
    found = good(f"groups: {{{deep}, g5000: {{members: ann@corp.example}}}}")
    assert found.members("g0") == (ANN,)


def test_a_server_s_people_and_groups_are_there_too() -> None:
    server = Directory(
        {
            ANN: Person(ANN, "Ann of the server", VICE, aliases=("a@corp.example",)),
            VICE: Person(VICE, "Vice"),
        },
        {"sales": frozenset({VICE}), "unused": frozenset()},
    )
    found = good(
        "people: [{address: a@corp.example, manager: boss@corp.example}, {address: boss@corp.example, groups: sales}]\n"
        "groups: {wide: {groups: [sales]}}",
        known=server,
    )
    assert found.people[ANN] == Person(ANN, "Ann of the server", BOSS, aliases=("a@corp.example",)), "YAML wins"
    assert found.people[VICE].name == "Vice"
    assert found.members("wide") == found.members("sales") == (BOSS, VICE)


def test_a_shared_mailbox_and_who_shares_it() -> None:
    found = good(
        "people:\n"
        "  - {address: support@corp.example, members: [ann@corp.example], member_groups: [sales]}\n"
        "  - {address: ann@corp.example}\n"
        "groups: {sales: {members: [boss@corp.example, support@corp.example]}}\n"
    )
    assert found.members_of("support@corp.example") == (ANN, BOSS)
    assert found.members_of(ANN) == ()
    csv = b"address,members\nsupport@corp.example,ann@corp.example;boss@corp.example\n"
    assert good("people: {files: [p.csv]}\n", files={"p.csv": csv}).members_of("support@corp.example") == (ANN, BOSS)


def test_a_group_that_shares_a_mailbox_must_be_there() -> None:
    _, problems = read(
        "people: [{address: support@corp.example, member_groups: [salse]}]\ngroups: {sales: {members: [a@x.example]}}\n"
    )
    assert len(problems) == 1
    assert "salse" in problems[0]
    assert "did you mean 'sales'" in problems[0]
