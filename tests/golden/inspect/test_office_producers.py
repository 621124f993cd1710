"""Documents that LibreOffice wrote, and the flat sources that it wrote them from: the reader finds the same in all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.golden.inspect.makers import file_mail

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts

SOURCES = Path(__file__).parent / "sources"
_TARGETS = {
    "docx": "letter.fodt",
    "odt": "letter.fodt",
    "rtf": "letter.fodt",
    "xlsx": "table.fods",
    "pptx": "slides.fodp",
}
_LETTER = (
    *(
        "KINGFISHER 機密事項",
        "番号4012888888881881 終",
        "前OLD後入INSERTEDMARK",
        "見える字\n",
        "山田太郎",
        "注釈",
        "枠線",
    ),
    *("先   後 連絡", "氏名\t電話\t住所\n佐藤花子\t03-1234-5678\t東京都 千代田区\n鈴木一郎\t090-1234-5678\t大阪"),
    *("HEADERMARK", "FOOTERMARK", "FOOTNOTEMARK", "DELETEDMARK", "HIDDENMARK", "TEXTBOXMARK", "COMMENTMARK"),
    *("ALTDESCMARK", "TITLEMARK", "CREATORMARK", "KEYMARK", "案件番号", "USERPROPMARK", "削除者DELAUTHOR"),
    *("link@target.example", "https://secret.example/LINKMARK", "やま"),
)
_TABLE = (
    *(
        "氏名\t生年月日\tカード番号\tHIDDENCOLUMN\n山田太郎",
        "1980-01-02",
        "\t401288888888188\n",
        "HIDDENROW\t\tLITERALX",
    ),
    *("HIDDENSHEET", "CELLCOMMENT", "顧客一覧", "隠しシート"),
)
_SLIDES = (
    *("表紙 SLIDEONE", "GROUPMARK", "GROUPTWO", "氏名\t電話\n佐藤花子\t03-1234-5678", "NOTESMARK", "HIDDENSLIDE"),
    *("SLIDECOMMENT", "注者PAUTHOR"),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the documents that LibreOffice made of the sources."""
    folder = tmp_path_factory.mktemp("written")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for target, source in _TARGETS.items():
        command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(folder)]
        subprocess.run([*command, str(SOURCES / source)], check=True, timeout=120, capture_output=True)
    return folder


def _facts(path: Path) -> Facts:
    return read_mail(file_mail(path.read_bytes(), path.name))


def _check(facts: Facts, says: tuple[str, ...], short: str) -> None:
    (file,) = facts.attachments
    for wanted in says:
        assert wanted in file.text, file.text
    assert (file.short_type, file.inspected, file.encrypted, file.members) == (short, True, False, ())
    assert {finding.code for finding in facts.findings} == {"hidden_text"}


@pytest.mark.parametrize("short", ["docx", "odt", "rtf"])
def test_letters(written: Path, short: str) -> None:
    _check(_facts(written / f"letter.{short}"), _LETTER, short)


def test_tables(written: Path) -> None:
    facts = _facts(written / "table.xlsx")
    _check(facts, _TABLE, "xlsx")
    assert {finding.detail.rpartition(" ")[0] for finding in facts.findings} == {
        "hidden rows in sheet",
        "hidden columns in sheet",
        "hidden sheet",
    }


def test_slides(written: Path) -> None:
    _check(_facts(written / "slides.pptx"), _SLIDES, "pptx")


@pytest.mark.parametrize(
    ("name", "says", "short"),
    [("letter.fodt", _LETTER, "odt"), ("table.fods", _TABLE, "ods"), ("slides.fodp", (*_SLIDES, "MASTERMARK"), "odp")],
)
def test_flat_documents(name: str, says: tuple[str, ...], short: str) -> None:
    _check(_facts(SOURCES / name), says, short)
