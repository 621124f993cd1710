"""Passwords that a mail gives away itself: in its text, its subject, or the names of its files (in Japan: PPAP).

Two readings of the same words. `candidates` is for trying on a locked file: generous, since a wrong one costs little.
`told_passwords` is for saying that a password stands in the text: strict, since a false one holds a mail. Pure; linear;
never raises.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice

_MOST = 100
_MOST_KEYS = 500  # words like "password" looked at in each text
_MOST_CHARS = 400_000  # of each text
_LATIN = r"pass(?:[ _-]?(?:word|wd|code|phrase|key))?s?|pwd?|psw|passwort|kennwort|mot de passe|contraseña"
_WORD = (
    r"パスワード|ﾊﾟｽﾜｰﾄﾞ|パスコード|パスフレーズ|ぱすわーど|暗証(?:番号|コード)|解凍(?:キー|鍵|コード)|暗号(?:化)?(?:キー|鍵)|PINコード"
    r"|(?:Wi-?Fi|無線LAN|SSID)[ の]?(?:キー|パスワード|パス)|セキュリティキー|密码|密碼|비밀번호|パス(?=[:：は])"
)
_KEY = re.compile(
    rf"(?:{_WORD}|(?<![A-Za-z])(?:{_LATIN}|PIN|ＰＷ|ｐｗ|(?:ＰＡＳＳ|ｐａｓｓ|Ｐａｓｓ)(?:ＷＯＲＤ|ｗｏｒｄ)?)(?![A-Za-z]))"
    r"(?:[ \u3000]?[(（][^()（）\n]{0,30}[)）])?",
    re.IGNORECASE,
)
#: One of these stands in every text that speaks of a password; substrings, since most texts do not.
_GATES = (
    "pass",
    "pw",
    "psw",
    "pin",
    "パス",
    "ﾊﾟｽ",
    "ぱす",
    "暗証",
    "解凍",
    "暗号",
    "キー",
    "密码",
    "密碼",
    "비밀",
    "kennwort",
    "contrase",
    "ｐ",
)
_GATES_ASCII = tuple(one for one in _GATES if one.isascii())
_LONGEST_GATE = max(map(len, _GATES))
#: What is found where a password is told, as patterns for any case; a word of Latin letters stands alone.
KEY_WORDS = (
    rf"(?:^|[^A-Za-z])(?:{_LATIN}|pin)(?:[^A-Za-z]|$)",
    "pinコード",
    *(one for one in _GATES if not one.isascii()),
)
_SIGN = r"[!-~！-～￥]"
_SPACE = r"[ \t\u3000]{0,10}"
_OPEN, _CLOSE = "「『【\"'`“‘<＜（([［〈《", "」』】\"'`”’>＞）)]］〉》"
_ENDING = _CLOSE + "。、.,，．;:!?！？"
_VALUE = rf"(?P<open>[{re.escape(_OPEN)}]{{0,2}})[ \u3000]?(?P<value>{_SIGN}{{3,64}})"
#: What ends a heading: 【パスワード】abc, ◆パスワード◆abc.
_HEADED = r"[」』】\])）］〕〉》＞>■◆●]"
_SAID = re.compile(
    rf"{_HEADED}?{_SPACE}(?:は|が|に|is|was)?{_SPACE}[、,]?{_SPACE}(?:[半全]角[^\s:：]{{0,5}})?{_SPACE}"
    rf"(?:[:：=＝→⇒]|[-=]>|\t)?{_SPACE}{_VALUE}"
)
_SAID_LATER = re.compile(rf"[^\n:：=＝→]{{1,40}}?(?:[:：=＝→⇒]|\bis\b:?|[「『【(（]){_SPACE}{_VALUE}")
_BELOW = re.compile(
    rf"[^\n]{{0,80}}\n(?:[ \t\u3000>]{{0,10}}[-=*━─＝]{{0,60}}[ \r]?\n){{0,3}}[ \t\u3000>・■◆●]{{0,10}}"
    rf"{_VALUE}[{re.escape(_CLOSE)}。]{{0,2}}[ \t\u3000\r]*(?:\n|\Z)"
)
_CELLS = re.compile(r"[^\n]{0,80}\n([^\n]{0,200})")
_AHEAD = re.compile(
    rf"(?<!{_SIGN})(?P<value>{_SIGN}{{4,64}})[ \u3000」』】]{{0,3}}[がをで][^\n]{{0,12}}?(?:パスワード|解凍)"
)
_IN_NAME = re.compile(
    rf"(?:{_LATIN}|パスワード|パス|解凍)([ _=:：()（）\[\]-]{{0,3}})([A-Za-z0-9!-/;-@^-`~]{{3,40}})", re.IGNORECASE
)
_LONE = re.compile(r"(?m)^[ \t\u3000>・■◆●]{0,6}(?P<value>[!-~！-～]{6,32})[ \t\u3000\r]*$")
_NO_PASSWORD = re.compile(r"(?i)https?:|www\.|[\w.+-]+@[\w-]+\.[\w.]+$|[-=_*#.]+$")


def candidates(texts: Iterable[str]) -> tuple[str, ...]:
    """What may be a password in the texts, likeliest first, each once, at most 100."""
    spoken: dict[str, None] = {}
    weaker: dict[str, None] = {}
    lone: dict[str, None] = {}
    for text in texts:
        text = text[:_MOST_CHARS]
        said = speaks_of_one(text)
        if said:
            _spoken_in(text, spoken, weaker)
        for match in islice(_LONE.finditer(text), _MOST):
            value = match.group("value")
            if any(map(str.isdigit, value)) and (said or any(map(str.isalpha, value))):
                _add(lone, value)
    return tuple(dict.fromkeys([*spoken, *weaker, *lone]))[:_MOST]


def speaks_of_one(text: str) -> bool:
    """Whether a text has any of what every text has that speaks of a password."""
    if len(text) <= _MOST_CHARS:
        return any(map(text.lower().__contains__, _GATES_ASCII if text.isascii() else _GATES))
    # a piece at a time, since small letters need many times the memory
    return any(speaks_of_one(text[at : at + _MOST_CHARS]) for at in range(0, len(text), _MOST_CHARS - _LONGEST_GATE))


def _spoken_in(text: str, spoken: dict[str, None], weaker: dict[str, None]) -> None:
    one_line = "\n" not in text  # a subject or the name of a file
    for key in islice(_KEY.finditer(text), _MOST_KEYS):
        if match := _SAID.match(text, key.end()):
            _add(spoken, match.group("value"), match.group("open"), name=one_line)
        if match := _SAID_LATER.match(text, key.end()):
            _add(spoken if match.start("value") - key.end() < 12 else weaker, match.group("value"), match.group("open"))
        if match := _BELOW.match(text, key.end()):
            _add(spoken, match.group("value"), match.group("open"))
        if "\t" in text and (row := _CELLS.match(text, key.end())) and "\t" in row.group(1):
            for cell in row.group(1).split("\t")[:10]:
                if re.fullmatch(rf"{_SIGN}{{4,64}}", cell.strip()):
                    _add(weaker, cell.strip())
    for match in islice(_AHEAD.finditer(text), _MOST_KEYS):
        _add(spoken, match.group("value").lstrip(_OPEN))
    if one_line:
        for match in islice(_IN_NAME.finditer(text), _MOST):
            if match.group(1) or any(map(str.isdigit, match.group(2))):
                _add(spoken, match.group(2), name=True)


def _add(found: dict[str, None], value: str, opened: str = "", *, name: bool = False) -> None:
    """Add a value in its likely forms: out of its brackets, without the end of the sentence, without an extension."""
    if len(found) > 2 * _MOST or _NO_PASSWORD.match(value):
        return
    forms = [value]
    if name:
        stem = re.sub(r"\.[A-Za-z0-9]{1,4}(?:\.[A-Za-z0-9]{1,4})?$", "", value)
        forms = [stem.rstrip(_ENDING), *re.split(r"[_()\[\] ]", stem)[:1], value]
    elif opened:
        close = _CLOSE[_OPEN.index(opened[-1])]
        inside = value.partition(close)[0]
        forms = [inside, f"{opened[-1]}{value}", value]
    bare = value.rstrip(_ENDING)
    if value[-1] in "!?！？":  # as likely part of a password as of a sentence
        forms.extend((value.rstrip(_CLOSE), bare))
    else:
        forms[len(forms) - 1 :] = [bare, value]
    for form in forms:
        if len(form) >= 3:
            found[form] = None
            if not form.isascii():
                found[unicodedata.normalize("NFKC", form)] = None


_STRICT = re.compile(
    rf"{_SPACE}(?P<sign>(?:{_HEADED}|は|が|is)?{_SPACE}[、,]?{_SPACE}[:：=＝→⇒]|[-=]>|\t|は|\bis\b"
    rf"|[】］〕◆■●]|[ \u3000]{{1,10}}(?={_SIGN}{{6,64}}[ \t\u3000\r]*(?:\n|\Z))){_SPACE}"
    rf"(?P<open>[{re.escape(_OPEN)}]?)[ \u3000]?(?P<value>{_SIGN}{{4,64}})"
)
_STRICT_BELOW = re.compile(
    rf"[^\n]{{0,30}}(?:以下|下記|次の|below|following|[:：])[^\n]{{0,20}}\n(?:[ \t\u3000\r]{{0,10}}\n){{0,2}}"
    rf"[ \t\u3000・■◆●]{{0,10}}[{re.escape(_OPEN)}]?"
    rf"(?P<value>{_SIGN}{{6,64}})[{re.escape(_CLOSE)}。]{{0,2}}[ \t\u3000\r]*(?:\n|\Z)"
)
_LAST = re.compile(
    r"[ \t\u3000\r]*(?:です.*|でございます.*|になります.*|となります.*|[」』】\"'”’。、.]*)?[ \t\u3000\r]*"
)
#: What stands before the passcode of a meeting, which whoever is invited gets in every invitation.
_MEETING = re.compile(
    r"(?i)zoom|teams|webex|google meet|(?:meeting|webinar|conference)[ -]?(?:id|number)"
    r"|(?:ミーティング|会議|ウェビナー) ?(?:ID|番号)"
)
_CODE = re.compile(r"(?i)pass ?-?codes?|パスコード")
_MEETING_BEFORE = 600
_THEN = re.compile(r"[ \t\u3000]*(?:です|でし|でご|にな|とな|になって|[」』】〉》”’\"'）)。、，,.;/／|｜]|\s|$)")
_NO_SECRET = re.compile(
    r"(?i)https?:|www\.|[/$%{<\\~]|[a-z]:\\|\d{2,4}[-/]\d{1,2}[-/]\d{1,2}$|\d{1,2}:\d{2}|[\w.]{0,64}\("
    r"|(?:os|self|config|settings|env|process|request|args|params)\.|(.)\1*$"
)
_PLACEHOLDERS = (
    "your",
    "xxxx",
    "***",
    "●",
    "...",
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "redacted",
    "${",
    "{{",
)
_PLAIN_WORDS = frozenset(
    """required optional protected reset changed change forgot forgotten expired none null see below above attached
    separate separately sent send unknown same later password passwort hidden invalid incorrect wrong enabled disabled
    string text true false need needed here confirm confirmation authentication policy manager please will your the this
    that field must should login user username email mail file zip word code plain hash hashed encrypted minimum maximum
    length str varchar char bytes undefined void error failed success fail failure okay done rate through over reminder
    settings weak strong empty blank default input type token""".split()  # noqa: SIM905
)


def told_passwords(text: str) -> Iterator[tuple[int, int, str]]:
    """Passwords that are plainly said in the text: start, end, value. A form, a link or a mask is none."""
    if not speaks_of_one(text):
        return
    looked_at = 0
    meetings: list[int] | None = None
    for key in _KEY.finditer(text):
        if key.start() < looked_at or text[key.start() - 1 : key.start()] in ("/", "?", "&", "%", "#"):
            continue
        if _CODE.match(key.group()):
            meetings = _meetings(text) if meetings is None else meetings
            before = bisect_right(meetings, key.start())
            if before and meetings[before - 1] >= key.start() - _MEETING_BEFORE:
                continue
        match = _STRICT.match(text, key.end())
        if match is not None:
            looked_at = match.end("value")
            value = _inside(match.group("value"), match.group("open"))
            end = match.start("value") + len(value)
            if _is_told(key.group(), match, value) and _THEN.match(text, end):
                yield match.start("value"), end, value
                continue
        match = _STRICT_BELOW.match(text, key.end())
        if match is not None:
            value = match.group("value").rstrip(_CLOSE)
            if _is_lot(value) and not _is_no_secret(value):
                yield match.start("value"), match.start("value") + len(value), value


def _meetings(text: str) -> list[int]:
    """Where the words of meetings end, for all passcodes of a text: to look back from each would take long where there
    are many.
    """
    return [match.end() for match in _MEETING.finditer(text)]


def _inside(value: str, opened: str) -> str:
    """A value without the bracket and the sentence behind it."""
    if opened:
        return value.partition(_CLOSE[_OPEN.index(opened)])[0]
    return value.rstrip(_CLOSE + "。、.,，．;:")


def _is_told(key: str, match: re.Match[str], value: str) -> bool:
    if _is_no_secret(value) or value.lower() in _PLAIN_WORDS:
        return False
    quoted = match.group("open") not in ("", "(", "（", "<", "＜", "[")
    explicit = match.group("sign").strip()[-1:] in (*":：=＝→⇒>】］〕◆■●",)
    if _is_lot(value):
        return True
    if key.lower().startswith("pass") and len(key) == 4:  # "Pass: 1234" is a result as often
        return False
    if value.isdigit():
        return len(value) <= 12 and (explicit or quoted or not key.isascii())
    if not (explicit or quoted) or match.group("open") in ("(", "（"):
        return False
    rest = match.string[match.start("value") + len(value) : match.start("value") + len(value) + 20].partition("\n")[0]
    return quoted or _LAST.fullmatch(rest) is not None


def _is_no_secret(value: str) -> bool:
    """Whether a value is a link, a path, a date, an expression, a mask or a place for a password."""
    if len(value) < 4 or _NO_SECRET.match(value):
        return True
    small = value.lower()
    return any(one in small for one in _PLACEHOLDERS)


def _is_lot(value: str) -> bool:
    """Whether a value mixes digits with other signs, as no word does."""
    return not value.isdigit() and any(map(str.isdigit, value))
