"""Policy files that are built to hurt: each is a clear error or a bounded cost, and nothing waits or explodes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailguard.policy.files import PolicyFiles
from mailguard.policy.loader import load_policy
from mailguard.policy.marks import Problems

MANY = [f"x{number}" for number in range(5001)]
GLOBS = [f"'a*{number}*b.example'" for number in range(2000)]
HEAD = "version: 1\n"
RULE = "rules: [{id: r, when: {recipients: {in: [l]}}, then: confirm}]\nlists: {l: {files: [%s]}}\n"


def said(path: Path) -> str:
    with pytest.raises(Problems) as caught:
        load_policy([path])
    return "\n".join(map(str, caught.value.problems))


def policy(folder: Path, text: str) -> Path:
    path = folder / "p.yaml"
    path.write_text(HEAD + text, "utf-8")
    return path


def of_condition(condition: str) -> str:
    return f"rules: [{{id: r, when: {condition}, then: confirm}}]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "aliases are not read"),
        (of_condition("{not: " * 60 + "{attachments: any}" + "}" * 60), "nested too deeply"),
        ("rules: !!python/object/apply:os.system [id]\n", "tags are not read"),
        ("<<: {a: 1}\n<<: {b: 2}\n", "written twice"),
        ("rules: [{id: r, id: s, when: {attachments: any}, then: confirm}]\n", "key 'id' written twice"),
        ("rules: []\n---\nrules: []\n", "a second YAML document"),
        (of_condition("{recipients: {count: " + "9" * 400 + "}}"), "write a comparison"),
        (of_condition('{recipients: {count: ">= ' + "9" * 400 + '"}}'), "write a comparison"),
        (of_condition("{text: {patterns: ['(a{1000}){1000}']}}"), "invalid repetition size"),
        (of_condition("{text: {patterns: ['(\\pL{1,100}\\pN{1,100}){1,9}']}}"), "too large when its repeats"),
        (of_condition("{text: {patterns: ['" + "a" * 3000 + "']}}"), "longer than 2000"),
        (
            of_condition(f"{{text: {{patterns: [{', '.join(MANY)}]}}}}"),
            "more than 5,000 patterns",
        ),
        (of_condition("{recipients: {domain: ['%s.example']}}" % ("*a" * 60)), "is not a domain"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in said(policy(tmp_path, text))


@pytest.mark.parametrize(
    "condition",
    [
        "{text: {patterns: ['(((((x+)+)+)+)+)y']}}",
        f"{{recipients: {{domain: [{', '.join(GLOBS)}]}}}}",
    ],
)
def test_what_costs_a_bounded_amount(tmp_path: Path, condition: str) -> None:
    assert len(load_policy([policy(tmp_path, of_condition(condition))]).rules) == 1


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"\n" * 1_000_001, "more than 1000000 lines"),
        (b"\x00\x01", "is not a domain"),
        (b"\xff\xfe\x00\x81\xff", "neither UTF-8 nor Shift_JIS"),
        (b"", "the file is empty"),
        (b"# only a remark\n", "the file is empty"),
    ],
)
def test_lists_that_are_refused(tmp_path: Path, octets: bytes, words: str) -> None:
    (tmp_path / "l.txt").write_bytes(octets)
    assert words in said(policy(tmp_path, RULE % "l.txt"))


def test_an_endless_cell_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_bytes(b'"' + b"a,\n" * 100_000)
    assert "not CSV" in said(policy(tmp_path, RULE % "l.csv"))


def test_bad_lines_are_named_and_not_without_end(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes(b"no domain\n" * 10_000)
    assert len(said(policy(tmp_path, RULE % "l.txt")).splitlines()) == 100


def test_more_words_than_one_can_look_for_in_each_mail(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("\n".join(f"word{n}" for n in range(20_001)), "utf-8")
    assert "more than 20,000 words" in said(policy(tmp_path, of_condition("{text: {files: [w.txt]}}")))


def test_what_is_no_regular_file_makes_nobody_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "null.txt").symlink_to("/dev/zero")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    names = ("pipe.txt", "null.txt", "folder.txt", "loop.txt", "missing.txt")
    messages = said(policy(tmp_path, RULE % ", ".join(names)))
    assert messages.count("not a regular file") == 3
    assert "list file 'loop.txt': Too many levels of symbolic links" in messages
    assert f"list file 'missing.txt': no such file: {tmp_path}/missing.txt" in messages


def test_folders_and_pipes_that_are_called_like_policies(tmp_path: Path) -> None:
    policy(tmp_path, of_condition("{attachments: any}"))
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").mkdir()
    (tmp_path / "c.yaml").symlink_to("c.yaml")
    (tmp_path / ".#p.yaml").symlink_to("somebody@host.1234")  # what an editor leaves while the file is open
    lines = said(tmp_path).splitlines()
    assert [line.rpartition("/")[2].split(":")[0] for line in lines] == ["a.yaml", "b.yaml", "c.yaml"]
    assert all("cannot be read" in line for line in lines)


class Meddler(PolicyFiles):
    """Somebody writes to each file while it is read, as often as is said."""

    times = 0

    def __init__(self) -> None:
        super().__init__(self._write)

    def _write(self, path: Path) -> None:
        if Meddler.times:
            Meddler.times -= 1
            text = path.read_text("utf-8")
            path.write_text(f"{text}# {Meddler.times}\n", "utf-8")


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = policy(tmp_path, of_condition("{attachments: any}"))
    Meddler.times = 2
    assert len(load_policy([path], files=Meddler).rules) == 1


def test_a_file_that_never_stops_changing_is_an_error(tmp_path: Path) -> None:
    path = policy(tmp_path, of_condition("{attachments: any}"))
    Meddler.times = 1000
    with pytest.raises(Problems, match="changes while it is read"):
        load_policy([path], files=Meddler)


class Swapper(PolicyFiles):
    """Somebody writes a list after it was read, while the rest is being read."""

    times = 0

    def octets(self, path: Path, limit: int) -> bytes:
        octets = super().octets(path, limit)
        if path.suffix == ".txt" and Swapper.times:
            Swapper.times -= 1
            path.write_text(f"x{Swapper.times}.example\n" * (Swapper.times + 2), "utf-8")
        return octets


def test_files_of_two_moments_are_no_policy(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("first.example\n", "utf-8")
    path = policy(tmp_path, RULE % "l.txt")
    Swapper.times = 1
    assert list(load_policy([path], files=Swapper).lists["l"].names.entries) == ["x0.example"]
    Swapper.times = 1000
    with pytest.raises(Problems, match="changed while the policy was read"):
        load_policy([path], files=Swapper)
