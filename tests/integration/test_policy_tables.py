"""Tables beside policy files: words with weights, customers with their domains, digests of known files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.judging import mail, said

from mailguard.mail.facts import Attachment
from mailguard.policy.judge import judge
from mailguard.policy.loader import load_policy
from mailguard.policy.marks import Problems

RULE = "version: 1\nrules:\n  - {{id: r, when: {{{}}}, then: confirm}}\n"
WEIGHTED = RULE.format('text: {files: [words.csv], score: ">= 10"}')
NAMES = RULE.format("text: {names_other_customer: true}").replace("rules", "customers: {files: [customers.csv]}\nrules")
DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def lay(folder: Path, policy: str, **tables: str | bytes) -> Path:
    for name, content in tables.items():
        octets = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("_", ".")).write_bytes(octets)
    path = folder / "p.yaml"
    path.write_text(policy, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(Problems) as caught:
        load_policy([path])
    return [f"{one.file.rpartition('/')[2]}:{one.line}: {one.message}" for one in caught.value.problems]


@pytest.mark.parametrize(
    "table",
    [
        "社外秘,10\n見積,2\n",
        "語句,重み\n社外秘,10\n見積,2\n",
        "weight,keyword\n10,社外秘\n2,見積\n",
        "社外秘,10\n見積\n",
        "語句,重み\r\n社外秘,10\r\n見積,\r\n".encode("cp932"),
        b"\xef\xbb\xbf" + "word,weight\n社外秘,10\n見積,2\n".encode(),
    ],
)
def test_words_with_weights(tmp_path: Path, table: str | bytes) -> None:
    policy = load_policy([lay(tmp_path, WEIGHTED, words_csv=table)])
    assert said(policy, mail(text="社外秘")) == "confirm"
    assert said(policy, mail(text="見積 見積 見積 見積 見積 見積")) == "deliver"


def test_weights_that_are_none(tmp_path: Path) -> None:
    path = lay(tmp_path, WEIGHTED, words_csv="社外秘,ten\n見積,0\nok,3\n")
    assert problems(path) == [
        "words.csv:1: a weight is a number from 1 to 1000000, not 'ten'",
        "words.csv:2: a weight is a number from 1 to 1000000, not '0'",
    ]


def test_words_of_a_text_file_weigh_one(tmp_path: Path) -> None:
    policy = lay(
        tmp_path, RULE.format('text: {files: [words.txt], score: ">= 2"}'), words_txt="# ours\n社外秘\n\n見積\n"
    )
    loaded = load_policy([policy])
    assert said(loaded, mail(text="社外秘の見積")) == "confirm"
    assert said(loaded, mail(text="社外秘 社外秘")) == "deliver"


@pytest.mark.parametrize(
    "table",
    [
        "name,domain\n株式会社アルファ,alpha.example\nベータ,beta.example\n",
        "株式会社アルファ,alpha.example\nベータ,beta.example,beta.test\n",
        "取引先名,担当,ドメイン\n株式会社アルファ,山田,alpha.example;*.alpha.example\nベータ,鈴木,beta.example\n",
        "name,domains\n㈱アルファ,alpha.example\n株式会社アルファ,alpha.example\nベータ,beta.example\n".encode("cp932"),
    ],
)
def test_customers(tmp_path: Path, table: str | bytes) -> None:
    policy = load_policy([lay(tmp_path, NAMES, customers_csv=table)])
    assert said(policy, mail(to="x@beta.example", text="株式会社アルファ様")) == "confirm"
    assert said(policy, mail(to="x@alpha.example", text="株式会社アルファ様")) == "deliver"
    assert [path.name for path in policy.sources] == ["p.yaml", "customers.csv"]


def test_customers_of_all_files_together(tmp_path: Path) -> None:
    path = lay(tmp_path, NAMES, customers_csv="アルファ,alpha.example\n")
    more = tmp_path / "more.yaml"
    more.write_text("version: 1\ncustomers: {names: {ベータ商事: [beta.example]}}\n", encoding="utf-8")
    policy = load_policy([path, more])
    (hit,) = judge(policy, mail(to="x@alpha.example", text="ベータ商事")).hits
    assert hit.evidence == ("ベータ商事 (beta.example)",)


def test_customers_that_are_none(tmp_path: Path) -> None:
    path = lay(
        tmp_path, NAMES, customers_csv="name,domain\nA,a.example\nアルファ,\nベータ,not a domain\nガンマ,c.example\n"
    )
    said_ = problems(path)
    assert [line.partition(": ")[0] for line in said_[:3]] == ["customers.csv:2", "customers.csv:3", "customers.csv:4"]
    assert "2 to 200 characters" in said_[0]
    assert "at least one domain" in said_[1]
    assert "'not' is no domain" in said_[2]


def test_a_rule_about_customers_needs_customers(tmp_path: Path) -> None:
    path = lay(tmp_path, RULE.format("attachments: {names_other_customer: true}"))
    assert problems(path) == [
        "p.yaml:3: no customers are known: list them at the top of a policy file under customers:"
    ]
    missing = lay(tmp_path, NAMES)
    assert any("customers.csv" in line for line in problems(missing))


def test_digests_of_known_files(tmp_path: Path) -> None:
    rule = RULE.format("attachments: {sha256_files: known.txt}")
    policy = load_policy([lay(tmp_path, rule, known_txt=f"{DIGEST}  empty.bin\n")])
    file = Attachment("a", "", "", "", 0, DIGEST, inspected=True)
    assert said(policy, mail({"attachments": (file,)})) == "confirm"
    assert said(policy, mail(attachments=["a.txt"])) == "deliver"
    assert problems(lay(tmp_path, rule, known_txt="abc\n")) == ["known.txt:1: 'abc' is no SHA-256"]
