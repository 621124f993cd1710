"""What the text of a mail says: its voices told apart, whom it addresses, and the secrets and passwords in it."""

from __future__ import annotations

import pytest
from tests.golden.inspect.makers import CARD, attachment, file_mail, multipart, part, text_mail

from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.inspect.structure import all_texts
from mailguard.inspect.structure.parts import Parts
from mailguard.mail.facts import Addressee
from mailguard.mail.facts_json import facts_from_json, facts_to_json

LETTER = f"""株式会社B 営業部
田中様

お世話になっております。株式会社Aの鈴木です。
よろしくお願いいたします。

━━━━━━━━━━━━━━━━
株式会社A 営業部
鈴木 一郎
TEL: 03-1234-5678
━━━━━━━━━━━━━━━━

2026年11月25日(水) 12:34 田中太郎 <tanaka@partner.example>:

> 鈴木様
> カード番号は {CARD} です
"""
HTML = f"""<html><body><p>株式会社B 営業部<br>田中様</p><p>承知しました。</p>
<div class="gmail_quote">
<div>2026年11月25日(水) 12:34 田中太郎 &lt;<a href="mailto:t@b.example">t@b.example</a>&gt;:<br></div>
<blockquote class="gmail_quote" style="margin:0"><p>鈴木様</p>カード番号は {CARD} です</blockquote></div>
<p>追伸：よろしくお願いします。</p></body></html>"""


def letter(charset: str = "iso-2022-jp") -> bytes:
    return text_mail(LETTER.replace("\n", "\r\n").encode(charset), charset)


@pytest.mark.parametrize("charset", ["utf-8", "iso-2022-jp", "shift_jis", "euc-jp"])
def test_voices_of_a_letter(charset: str) -> None:
    facts = read_mail(letter(charset))
    assert facts.greeting == (Addressee("田中", "株式会社B", "様"),)
    assert facts.signature.startswith("━━━━")
    assert "鈴木 一郎" in facts.signature
    assert facts.quoted.startswith("2026年11月25日")
    assert CARD in facts.quoted
    assert facts.findings == ()
    assert facts.personal_data["payment_card"].values == (CARD,)  # whoever wrote it, it leaves


def test_facts_come_back_from_json() -> None:
    facts = read_mail(letter())
    assert facts_from_json(facts_to_json(facts, unmasked=True)) == facts


def test_quotation_in_html_ends_with_its_element() -> None:
    facts = read_mail(text_mail(HTML.encode(), "utf-8").replace(b"text/plain", b"text/html"))
    assert facts.greeting == (Addressee("田中", "株式会社B", "様"),)
    assert facts.quoted.endswith(f"カード番号は {CARD} です")
    assert "追伸" in facts.text
    assert "追伸" not in facts.quoted
    assert "\ufdd0" not in facts.text + facts.quoted


def test_alternatives_speak_once() -> None:
    plain = part(LETTER.encode(), b"Content-Type: text/plain; charset=utf-8")
    html = part(LETTER.replace("\n", "<br>").encode(), b"Content-Type: text/html; charset=utf-8")
    facts = read_mail(multipart(plain, html, kind="alternative"))
    assert facts.quoted.count(CARD) == 1
    assert facts.signature.count("鈴木 一郎") == 1


def test_roles_of_the_pieces() -> None:
    reading = Parts(Budget(ReadingLimits()))
    reading.read(letter())
    assert [one.role for one in reading.texts.voices().pieces] == ["", "signature", "quoted"]


def test_a_fault_in_telling_voices_apart_costs_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(shown: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(all_texts, "listen", fault)
    facts = read_mail(letter())
    assert [one.code for one in facts.findings] == ["unreadable"]
    assert facts.personal_data["payment_card"].values == (CARD,)


def test_secrets_have_a_place_and_are_masked() -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN1pQrStUvWxYz0246813579"
    facts = read_mail(file_mail(f"token for ci: {token}\n".encode(), "notes.txt", "text/plain"))
    assert facts.secrets == {"github_token": 1}
    (match,) = [one for one in facts.matches if one.what.startswith("secret:")]
    assert match.where.endswith("notes.txt")
    assert (match.before, match.value) == ("token for ci: ", "ghp_***")
    assert token not in str(facts_to_json(facts, text=False))


def test_a_password_in_the_text_is_a_secret_and_a_candidate() -> None:
    body = part("資料のパスワードは「Kx9-2026」です。".encode(), b"Content-Type: text/plain; charset=utf-8")
    octets = multipart(body, attachment(b"x", "report_pw5678.zip"))
    assert read_mail(octets).secrets == {"password": 1}
    reading = Parts(Budget(ReadingLimits()))
    reading.read(octets)
    assert reading.budget.passwords()[0] == "Kx9-2026"
    assert "5678" in reading.budget.passwords()


def test_a_signature_of_thirty_customers_is_own_text() -> None:
    rows = "\r\n".join(f"顧客{number} 03-1234-{number:04} c{number}@x.example" for number in range(30))
    facts = read_mail(text_mail(f"一覧です\r\n-- \r\n{rows}\r\n".encode(), "utf-8"))
    assert facts.signature == ""
    assert facts.quoted == ""
