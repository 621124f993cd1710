"""Passwords: the ways in which a mail gives one away, and the ways in which it only speaks of one."""

from __future__ import annotations

import pytest

from mailguard.inspect.secrets.passwords import candidates, told_passwords

#: A text, a subject or the name of a file; and the password in it.
GIVEN = (
    ("パスワード：Abc123!", "Abc123!"),
    ("PW→Kx9#q2", "Kx9#q2"),
    ("pass=xyz789", "xyz789"),
    ("pw:sakura", "sakura"),
    ("pwd=abc;123", "abc;123"),
    ("PW: Qq11ww22", "Qq11ww22"),
    ("Passcode: 998877", "998877"),
    ("解凍パスワードは「Abc-123」です", "Abc-123"),
    ("解凍PW：20261125", "20261125"),
    ("解凍パス: himitsu", "himitsu"),
    ("下記パスワードで解凍してください。\n\nQw12er34\n\n鈴木", "Qw12er34"),
    ("パスワードは以下の通りです。\n\n  Zx81!kk\n", "Zx81!kk"),
    ("パスワード\n----------\nQwErTy12\n----------", "QwErTy12"),
    ("■パスワード■\nabcd1234", "abcd1234"),
    ("【パスワード】Xk3#p9Qa", "Xk3#p9Qa"),
    ("【解凍パスワード】 Xk3#p9Qa", "Xk3#p9Qa"),
    ("◆パスワード◆abc12345", "abc12345"),
    ("＜PW＞ abc12345", "abc12345"),
    ("パスワードにabc12345を入力してください", "abc12345"),
    ("添付ZIPのPWは\nabc-999\nです。", "abc-999"),
    ("パスワード：ＡＢＣ１２３", "ABC123"),
    ("パスワード：ＡＢＣ１２３", "ＡＢＣ１２３"),
    ("PASSWORD→ａｂｃ１２３", "abc123"),
    ("パスワード『a1b2c3』", "a1b2c3"),
    ("パスワード【a1b2c3】", "a1b2c3"),
    ('password "a1b2c3"', "a1b2c3"),
    ("password 'a1b2c3'.", "a1b2c3"),
    ("password `a1b2c3`", "a1b2c3"),
    ("password <a1b2c3>", "a1b2c3"),
    ("PASS：(Abc123)", "Abc123"),
    ("パスワードはabc123。", "abc123"),
    ("パスワードは、Abc123です。", "Abc123"),
    ("パスワードが Abc123! になります", "Abc123!"),
    ("パスワードは半角で Abc123 です", "Abc123"),
    ("Password is abc123.", "abc123"),
    ("Password is abc123.", "abc123."),
    ("the password for the zip is: Tr0ub4dor", "Tr0ub4dor"),
    ("パスワード : abc123", "abc123"),
    ("パスワード = Abc123", "Abc123"),
    ("パスワード(zip)：Ab12", "Ab12"),
    ("パスワード：P@ss(w0rd)", "P@ss(w0rd)"),
    ("パスワード\tabc123\n", "abc123"),
    ("ID\tパスワード\nuser01\tpass99x\n", "pass99x"),
    ("Pass：Abc123\r\n", "Abc123"),
    ("> パスワード：Abc123", "Abc123"),
    ("ﾊﾟｽﾜｰﾄﾞ:abc123", "abc123"),
    ("暗証番号は 4649 です", "4649"),
    ("Wi-Fiキー：abcd1234", "abcd1234"),
    ("Re: 資料のパスワード【Ab12Cd】", "Ab12Cd"),
    ("添付ファイルのパスワードは次のとおりです：mN8_bv", "mN8_bv"),
    ("「Abc123」で解凍してください", "Abc123"),
    ("Ab12cd がパスワードです", "Ab12cd"),
    ("Passwort: geheim1", "geheim1"),
    ("Mot de passe : secret9", "secret9"),
    ("密码：abc888", "abc888"),
    ("資料_pw1234.zip", "1234"),
    ("見積(pass_abc).zip", "abc"),
    ("report.password=xyz.zip", "xyz"),
    ("資料pwABC123.zip", "ABC123"),
    ("secret_pw_2026kk_v2.xlsx", "2026kk"),
    ("Kx93abc\n", "Kx93abc"),
)
TOLD = (
    ("アカウント　ann\nパスワード　Xk3p9QaZ\n", "Xk3p9QaZ"),
    ("The alarm in the hall\nPasscode: x9Y8z7", "x9Y8z7"),
    ("【パスワード】Xk3#p9Qa", "Xk3#p9Qa"),
    ("［PW］ abc12345", "abc12345"),
    ("パスワード：Abc123!", "Abc123!"),
    ("PW: sakura2026", "sakura2026"),
    ("Password: hunter2", "hunter2"),
    ("Password: sakura", "sakura"),
    ("ID: tanaka / PW: abc123", "abc123"),
    ("パスワードは Xy12zz です", "Xy12zz"),
    ("解凍パスワードは「himitsu」です。", "himitsu"),
    ("仮パスワード：Temp0001", "Temp0001"),
    ("初期パスワード: init-2026", "init-2026"),
    ("暗証番号：1234", "1234"),
    ("PIN: 482913", "482913"),
    ("Wi-Fi キー：abcd1234efgh", "abcd1234efgh"),
    ("Wi-Fiパスワード: guest2026", "guest2026"),
    ("パスワードは以下の通りです。\n\n  Zx81!kk\n", "Zx81!kk"),
    ("DB_PASSWORD=Zaq12wsx", "Zaq12wsx"),
    ("password: 'Zaq12wsx'", "Zaq12wsx"),
    ("パスワード\tAbc123", "Abc123"),
    ("The password is Tr0ub4dor&3.", "Tr0ub4dor&3"),
    ("ＰＷ：ａｂｃ１２３", "ａｂｃ１２３"),
    ("login: bob password: s3cret!", "s3cret!"),
    ("管理者パスワードは『kanri01』となります", "kanri01"),
)
NOT_TOLD = (
    "パスワードを再設定してください",
    "パスワードは別メールでお送りします",
    "パスワード: 別途ご連絡",
    "password: (別途送付)",
    "Password: sent separately",
    "password: see below",
    "パスワード：",
    "パスワード：________",
    "パスワード：********",
    "パスワード：xxxxxxxx",
    "password: ••••",
    "password: [hidden]",
    "password: <your password>",
    "password: your_password",
    "Password:\nEmail:",
    "パスワード（半角英数字8文字）：",
    "Zoom ミーティング\nhttps://zoom.example/j/1\nミーティング ID: 891 2345 6789\nパスコード: 123456",
    "Teams\n会議 ID: 411 111 111 111\nパスコード: abC123",
    "Meeting ID: 812 3456 7890\nPasscode: x9Y8z7",
    "the password settings\nパスワード 変更画面\nPassword manager",
    "【パスワード】8文字以上で設定してください",
    "【パスワード】required",
    "【パスワード】 2026/11/27に変更",
    "パスワードは8文字以上で設定してください",
    "パスワードは英数字混在でお願いします",
    "パスワードは本日の日付8桁です",
    "パスワードは電話番号の下4桁です",
    "パスワードは2026年に変更",
    "パスワードをお忘れの方はこちら",
    "パスワードはLastPassで管理",
    "パスワードはhttps://x.example/ をご覧ください",
    "https://x.example/password/reset?token=1",
    "https://x.example/?password=abc123x",
    "Password required",
    "Password is required.",
    "The password is protected",
    "Password reset: click here",
    "password must be 8 characters",
    "passwords are hashed with sha256",
    "password = getpass.getpass()",
    "password=os.environ['X']",
    "PASSWORD=${DB_PW}",
    "password: string;",
    "pwd: /home/user",
    "PW: 2026/11/25",
    "PIN: 123",
    "暗証番号は4桁です",
    "pass: 1234 fail: 2",
    "Tests passed: 1234",
    "passport: AB1234567",
    "ビジネスパスポート：AB123",
    "keyword: abc123",
    "bypass=abc123",
    "shopping: 12345",
)


@pytest.mark.parametrize(("text", "password"), GIVEN)
def test_a_password_that_is_given_away_is_among_the_first(text: str, password: str) -> None:
    assert password in candidates([text])[:6]


@pytest.mark.parametrize(("text", "password"), TOLD)
def test_a_password_that_is_told(text: str, password: str) -> None:
    found = list(told_passwords(text))
    assert [value for _, _, value in found] == [password]
    assert [text[start:end] for start, end, _ in found] == [password]


@pytest.mark.parametrize("text", NOT_TOLD)
def test_speaking_of_passwords_tells_none(text: str) -> None:
    assert list(told_passwords(text)) == []


def test_each_candidate_once_and_not_too_many() -> None:
    text = "\n".join(f"パスワード：Abc{number:04}" for number in range(500))
    found = candidates([text, text])
    assert len(found) == 100
    assert len(set(found)) == 100
    assert found[0] == "Abc0000"


def test_said_comes_before_what_only_looks_like_one() -> None:
    assert candidates(["lone0line\n", "パスワード：said1"])[0] == "said1"


def test_words_of_the_text_are_no_candidates() -> None:
    assert (
        candidates(["Please find the minutes of our meeting.\n田中様\nよろしくお願いします。\nhttps://x.example/a1"])
        == ()
    )


@pytest.mark.parametrize("text", ["pass:" * 100_000, "PW " * 100_000, "パスワード：" * 100_000, "a1" * 200_000])
def test_hostile_texts_are_read(text: str) -> None:
    assert len(candidates([text])) <= 100
    assert len(list(told_passwords(text))) < 5
