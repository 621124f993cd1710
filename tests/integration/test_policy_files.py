"""Policy files as they lie on disk: everything wrong is said at once, with its place; what is right is loaded whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailguard.cli.policy import policy as policy_verb
from mailguard.mail.organization import Organization
from mailguard.policy.lint import lint
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.marks import Problem, Problems
from mailguard.policy.schema import json_schema

GOOD = "version: 1\nrules:\n  - {id: r, when: {recipients: {external: true}}, then: confirm}\n"


def problems(*paths: Path) -> list[str]:
    with pytest.raises(Problems) as caught:
        load_policy(paths)
    return [str(problem) for problem in caught.value.problems]


def warnings(policy: Policy) -> list[Problem]:
    return [problem for problem in lint(policy) if problem.severity == "warning"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_all_errors_of_all_files_at_once_with_their_places(tmp_path: Path) -> None:
    first = write(
        tmp_path,
        "a.yaml",
        """version: 1
rulez: []
rules:
  - id: a b
    when:
      recipients: {externl: true, count: 10}
      text: {patterns: ['(?=x)', '(a)\\1', '[', 'a*']}
    then: hold
  - id: later
    when: {recipients: {risk: ">= 8.8"}, virus: infectd}
    then: {delay: 1x, confirm: true}
    because: {ja: "{foo}", en: x}
  - {id: empty, when: {}, then: approve}
  - id: z
    when: {attachments: any}
    then: {approve: {by: [managr], quorum: 2}}
""",
    )
    second = write(tmp_path, "b.yaml", "version: 2\n")
    said = problems(first, second, tmp_path / "nowhere")
    places = [(line.split(":")[1:3], line) for line in said if line.startswith(str(first))]
    expected = [
        ("2:1", "unknown key 'rulez', did you mean 'rules'?"),
        ("4:9", "an id is 1 to 64 of A-Z, a-z, 0-9"),
        ("6:20", "unknown key 'externl', did you mean 'external'?"),
        ("6:42", 'write a comparison such as ">= 10"'),
        ("7:25", "look-around (?= is not possible"),
        ("7:34", "back-references are not possible"),
        ("7:43", "not a pattern: missing ]"),
        ("7:48", "matches the empty text"),
        ("8:11", "unknown disposition 'hold'"),
        ("10:31", "write a share from 0 to 1"),
        ("10:49", "did you mean 'infected'?"),
        ("11:19", "write a time such as 60s"),
        ("12:19", "unknown placeholder {foo}"),
        ("13:23", "an empty condition"),
        ("13:33", "approve needs approvers"),
        ("16:27", "'managr' is nobody"),
    ]
    assert [":".join(place) for place, _ in places] == [place for place, _ in expected]
    for (_, line), (_, words) in zip(places, expected, strict=True):
        assert words in line
    assert any(line.startswith(f"{second}:1:10: version:") for line in said)
    assert any(line == f"{tmp_path / 'nowhere'}:1:1: no such file or folder" for line in said)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("version: 1\n", "no rules"),
        ("version: 1\nrules: []\n", "no rules"),
        ("- a\n", "write keys and values here"),
        ("version: 1\nversion: 1\n", "written twice"),
        (GOOD + GOOD.partition("rules:\n")[2], "rule 'r' is there twice (first in"),
        ("version: 1\nrules: [{id: unreadable, when: {attachments: any}, then: confirm}]", "built-in"),
        ("version: 1\nrules: [{id: r, when: {recipients: {in: [partnrs]}}, then: confirm}]", "no list 'partnrs'"),
        ("version: 1\nrules: [{id: r, when: {recipients: {domain: a b}}, then: confirm}]", "is not a domain"),
        ("version: 1\nrules: [{id: r, when: {text: {files: [x.txt]}}, then: confirm}]", "no such file: "),
        ("version: 1\nrules: [{id: r, when: {text: {files: [/etc/passwd]}}, then: confirm}]", ".txt or .csv"),
        ("version: 1\nlists: {p: {}}\n" + GOOD[11:], "the list is empty"),
        ("version: 1\nlists: {p: {domains: [a@b.example]}}\n" + GOOD[11:], "write it under addresses"),
        ("version: 1\nrules: [{id: r, when: [{attachments: any}], then: confirm}]", "all: or any:"),
        ("version: 1\nrules: [{id: r, when: {attachments: any}, then: [confirm]}]", "keys and values"),
        ("version: 1\nrules: [{id: r, when: {attachments: any}, then: {challenge: 10s}}]", "between 1m and 24h"),
        ("version: 1\nrules: [{id: r, when: {recipients: {external: yes}}, then: confirm}]", "true or false"),
        ("version: 1\nrules: [{id: r, when: {attachments: any}, then: {delay: 60s, expire_after: 1h}}]", "belong to"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    said = problems(write(tmp_path, "p.yaml", text))
    assert any(words in line for line in said), said


def test_no_paths_and_empty_folders(tmp_path: Path) -> None:
    assert problems() == ["policies:1:1: no policy files: name a file or a folder"]
    assert problems(tmp_path) == [f"{tmp_path}:1:1: no *.yaml in this folder"]


def test_lists_and_words_from_files(tmp_path: Path) -> None:
    write(tmp_path, "partners.csv", "name,domain\nP,partner.example\n")
    write(tmp_path, "words.txt", "# internal\n社外秘\n")
    path = write(
        tmp_path,
        "p.yaml",
        """version: 1
lists: {partners: {files: [partners.csv]}}
rules:
  - id: r
    when: {recipients: {external: true, not_in: [partners]}, text: {files: [words.txt]}}
    then: confirm
    examples:
      - {from: a@corp.example, to: [b@x.example], subject: 社外秘, expect: confirm}
      - {from: a@corp.example, to: [b@partner.example], subject: 社外秘, expect: deliver}
""",
    )
    policy = load_policy([tmp_path])
    assert {source.name for source in policy.sources} == {"p.yaml", "partners.csv", "words.txt"}
    assert CliRunner().invoke(policy_verb, ["test", str(path)]).exit_code == 0
    write(tmp_path, "words.txt", "極秘\n")
    assert load_policy([tmp_path]).hash != policy.hash
    write(tmp_path, "partners.csv", "name,domain\nP,not a domain\n")
    assert problems(path)[0].startswith(f"{tmp_path / 'partners.csv'}:2:2:")


def test_the_hash_is_of_what_was_read_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    hashes = {load_policy([write(tmp_path / name, "p.yaml", GOOD)]).hash for name in "ab"}
    assert len(hashes) == 1
    assert load_policy([write(tmp_path, "p.yaml", GOOD + "# changed\n")]).hash not in hashes


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("when: {attachments: any}\n    then: deliver", "has no effect"),
        ("when: {attachments: any}\n    unless: {attachments: any}\n    then: confirm", "says the same"),
        ("when: {recipients: {visible: true, bcc: true}}\n    then: confirm", "not visible"),
        ("when: {recipients: {internal: true, first_time: sender}}\n    then: confirm", "can never hold"),
        ("when: {recipients: {internal: true, lookalike: true}}\n    then: confirm", "can never hold"),
        ('when: {recipients: {count: "< 0"}}\n    then: confirm', "can never hold"),
        ('when: {recipients: {count: ">= 0"}}\n    then: confirm', "holds for every number"),
        ("when: {recipients: {external: true, domain: corp.example}}\n    then: confirm", "not external"),
        ("when: {attachments: any}\n    then: {approve: {by: [b@corp.example]}, expire_action: release}", "approved"),
        (
            "when: {attachments: any}\n    then: delay\n  - id: s\n    when: {attachments: any}\n    then: confirm",
            "'s' holds",
        ),
    ],
)
def test_warnings(tmp_path: Path, rule: str, words: str) -> None:
    path = write(tmp_path, "p.yaml", f"version: 1\nrules:\n  - id: r\n    {rule}\n")
    said = warnings(load_policy([path], Organization(("corp.example",))))
    assert len(said) == 1
    assert words in said[0].message
    assert str(said[0]).startswith(f"{path}:3:9: warning: rule 'r': ")


def test_no_warnings_about_ordinary_rules(tmp_path: Path) -> None:
    assert warnings(load_policy([write(tmp_path, "p.yaml", GOOD)], Organization(("corp.example",)))) == []


def test_the_verb_names_the_failing_example(tmp_path: Path) -> None:
    text = GOOD.replace("}\n", ",\n     examples: [{from: a@corp.example, to: b@x.example, expect: deliver}]}\n")
    path = write(tmp_path, "p.yaml", text)
    result = CliRunner().invoke(policy_verb, ["test", str(path)])
    assert result.exit_code == 1
    assert f"{path}:4:17: rule 'r': expected deliver, got confirm" in result.stderr
    told = json.loads(CliRunner().invoke(policy_verb, ["test", "--json", str(path)]).stdout)
    assert (told["ok"], told["passed"], told["examples"][0]["got"]) == (False, 0, "confirm")


def test_the_verb_says_what_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(policy_verb, ["test", str(write(tmp_path, "p.yaml", "version: 1\n"))])
    assert (result.exit_code, result.stderr) == (
        1,
        f"{tmp_path / 'p.yaml'}:1:1: no rules: everything would pass; write at least one\n",
    )


def test_the_schema_knows_every_key_and_short_form() -> None:
    told = json.loads(CliRunner().invoke(policy_verb, ["schema"]).stdout)
    assert told == json_schema()
    definitions = told["$defs"]
    assert {"all", "any", "not", "recipients", "text"} <= definitions["ConditionModel"]["properties"].keys()
    assert {"in", "not_in", "first_time", "lookalike"} <= definitions["RecipientsModel"]["properties"].keys()
    assert {"enum": ["deliver", "delay", "confirm", "challenge", "reject"]} in definitions["ThenModel"]["anyOf"]


def test_people_and_groups_from_files(tmp_path: Path) -> None:
    rows = "メールアドレス,氏名,上長,部署\nann@corp.example,安藤,boss@corp.example,営業\nboss@corp.example,部長,,\n"
    (tmp_path / "people.csv").write_bytes(rows.encode("cp932"))
    (tmp_path / "night.txt").write_text("boss@corp.example\n")
    write(tmp_path, "people.yaml", "version: 1\npeople: {files: people.csv}\ngroups: {夜勤: {files: [night.txt]}}\n")
    rules = """version: 1
rules:
  - id: r
    when: {sender: {group: [営業, 夜勤]}}
    then: confirm
    examples:
      - {from: ann@corp.example, to: b@x.example, expect: confirm}
      - {from: boss@corp.example, to: b@x.example, expect: confirm}
      - {from: bob@corp.example, to: b@x.example, expect: deliver}
"""
    path = write(tmp_path, "rules.yaml", rules)
    assert CliRunner().invoke(policy_verb, ["test", str(tmp_path)]).exit_code == 0
    loaded = load_policy([tmp_path])
    assert loaded.directory.manager_of("ann@corp.example") == "boss@corp.example"
    assert {source.name for source in loaded.sources} == {"people.yaml", "rules.yaml", "people.csv", "night.txt"}
    (tmp_path / "people.csv").write_bytes(rows.replace("安藤", "安東").encode("cp932"))
    assert load_policy([tmp_path]).hash != loaded.hash

    (tmp_path / "people.csv").write_bytes(rows.replace("営業", "経理").encode("cp932"))
    path.write_text(rules.replace("夜勤", "夜金"), encoding="utf-8")
    assert problems(tmp_path) == [
        f"{path}:4:29: no group '営業'; known here: 夜勤, 経理",
        f"{path}:4:33: no group '夜金', did you mean '夜勤'?",
    ]
    (tmp_path / "people.csv").unlink()
    assert problems(tmp_path)[0] == (
        f"{tmp_path}/people.yaml:2:17: people file 'people.csv': no such file: {tmp_path}/people.csv"
    )


def test_what_shows_only_beside_others_is_told_beside_a_rule_that_is_wrong(tmp_path: Path) -> None:
    first = write(
        tmp_path,
        "a.yaml",
        """version: 1
lists: {known: {domains: [a.example]}}
rules:
  - {id: wrong, when: {recipients: {externl: true}}, then: confirm}
  - {id: asks, when: {recipients: {in: [nowhere]}}, then: confirm}
  - {id: wrong, when: {recipients: {external: true, external: true}}, then: confirm}
  - {when: {recipients: {external: true}}, then: confirm}
  - {id: words, when: {text: {files: [gone.txt]}}, then: confirm}
""",
    )
    second = write(tmp_path, "b.yaml", GOOD.replace("external: true", "in: [known]").replace("id: r", "id: asks"))
    said = [one.removeprefix(f"{tmp_path}/").replace(str(first), "a.yaml") for one in problems(first, second)]
    assert said == [
        "a.yaml:4:37: unknown key 'externl', did you mean 'external'?",
        "a.yaml:5:41: no list 'nowhere'; known here: known",
        "a.yaml:6:10: rule 'wrong' is there twice (first in a.yaml:4)",
        "a.yaml:6:53: key 'external' written twice (first in line 6)",
        "a.yaml:7:5: key 'id' is missing",
        f"a.yaml:8:39: list file 'gone.txt': no such file: {tmp_path}/gone.txt",
        "b.yaml:3:10: rule 'asks' is there twice (first in a.yaml:5)",
    ]
