"""The marks by which mail programs show that text is quoted: prefixes, attributions, separators, copied headers.

Each test looks at stripped lines, a few at a time, with patterns that cannot run long: whatever is longer than a line
of attribution can be is none. Strict where all that follows would be quoted, lenient where the quoted lines are marked.
"""

from __future__ import annotations

import re

from mailguard.inspect.page.cited import CITED

_LONGEST = 400
#: A line that is drawn, not written.
BORDER = re.compile(r"[-_=*＝─━—–﹍＿~～]{5,200}")
_PREFIX = re.compile(r"[>＞]|\| (?=[^|]*$)|[A-Z]{1,3}> ")
_SIGNS = f">＞|{CITED}"
_DASHES = r"[-_=*＝─━—–~～<>\[\]【】 \u3000]"
_FORWARD = (
    r"forwarded message|forwarded by [^-]{1,80}|(?:begin|start) forwarded message|転送(?:された)?(?:メッセージ|メール)?"
    r"|以下、?転送(?:された)?(?:メッセージ|メール)"
    r"|weitergeleitete nachricht|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|message transféré|début du message (?:réexpédié|transféré)|转发(?:的)?邮件|轉寄郵件|전달된 메시지"
)
#: One of these is in whatever `_FORWARD` finds, in small letters; none of their letters has a second small form.
_HANDED_ON = ("forwar", "転送", "tergele", "féré", "éexp", "转发", "轉寄", "전달된")
_ANSWERED = (
    r"original message|original appointment|元のメッセージ|元のメール|オリジナルメッセージ"
    r"|返信元(?:の)?(?:メッセージ|メール)|reply message|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|messaggio originale|原始邮件|原邮件|원본 메시지"
)
_SEPARATOR = re.compile(rf"{_DASHES}{{2,40}}(?:{_FORWARD}|{_ANSWERED}){_DASHES}{{0,40}}[:：]?", re.IGNORECASE)
_FORWARD_LINE = re.compile(rf"{_DASHES}{{2,40}}(?:{_FORWARD}){_DASHES}{{0,40}}[:：]?", re.IGNORECASE)
_BARE_FORWARD = re.compile(
    r"(?:begin forwarded message|(?:以下、?)?転送された(?:メッセージ|メール)"
    r"|anfang der weitergeleiteten (?:nachricht|e-mail)|début du message (?:réexpédié|transféré)) ?[:：]",
    re.IGNORECASE,
)
_END = re.compile(
    rf"{_DASHES}{{2,40}}(?:end(?: of)?(?: original| forwarded)? message"
    rf"|(?:引用|転送|元メール)?ここまで){_DASHES}{{0,40}}",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[*_ ]{0,3}(?:(?P<sender>from|差出人|送信者|送信元|发件人|寄件者|von|de|보낸 ?사람|da)"
    r"|(?P<sent>sent|送信日時|发送时间|寄件日期|gesendet|envoyé|보낸 ?날짜|enviado(?: el)?|inviato)"
    r"|(?P<date>date|日時|日付|送信日|受信日時|日期|datum)"
    r"|(?P<to>to|宛先|宛て先|送信先|收件人|收件者|an|à|받는 ?사람|para|a)|(?P<cc>cc|ｃｃ|抄送|copie)"
    r"|(?P<subject>subject|件名|題名|主题|主旨|betreff|objet|제목|asunto|oggetto))[*_ ]{0,3}[:：\t]",
    re.IGNORECASE,
)
#: How a line may begin that is drawn around words; and what an attribution says that ends without a colon.
_DRAWN = "-_=*＝─━—–~～<[【"
_SEPARATES = _DRAWN + "BbAaDd転以"
_VERBS = ("wrote", "書", "写", "작성")
#: One of these is in whatever `_VERB` finds where no colon ends the line.
SAYS = ("wrote", "書きました", "書かれました", "書いています", "写道", "写到", "작성", "썼습니다", "writes", "said")
_TIME = re.compile(r"\d{1,2}[:：時]\d{2}")
_DATE = re.compile(
    r"\d{4}年|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d{1,2}月\d{1,2}日|\d{4}년"
    r"|(?i:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|janv|févr|juin|juil|août)[a-zûéè]{0,6}\.?,? ?\d"
    r"|\d{1,2}\.? (?i:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|févr|août)"
)
_OPENING = re.compile(
    r"(?:on|in|at|am|le|el|il|em|op|den|dnia) .|在 ?.|[(\"“「]|\d{4}[年년/.-]|\d{1,2}[/.月-]\d{1,2}",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:wrote|writes|said)\b[^:：]{0,60}[:：]?$|\bschrieb\b.{0,200}:$|(?:a écrit|escribió|ha scritto|escreveu|skrev"
    r"|schreef|napisał\(?a?\)?) ?:$|(?:写道|写到|書きました|書かれました|書いています)[:：]?$|(?:작성|썼습니다)[:.：]?$"
    r"|(?:さん|様|氏|殿|>|＞)?の(?:メール|メッセージ|引用|コメント|発言|書き込み)(?:から|より)?[:：]$"
)
_ADDRESS_END = re.compile(r"< ?[^<>\s]{1,200}@[^<>\s]{1,200}>\s?[:：]$")
_WHEN_AND_WHO = re.compile(r"\(?\d{4}(?:年|[/.-])\d{1,2}(?:月|[/.-])\d{1,2}.{1,200}[:：]$")
_CODE = re.compile(
    r">{7} |>>> ?(?:import |from |print\(|for |def |[\w.]{1,40} ?=|[\w.]{1,40}\()|[>＞]=?\s?\d+(?:\.\d+)?%?$"
)
_DIFF_COMMAND = re.compile(r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?")
_CALL = re.compile(r"[>＞]{1,2}\s*[^\s、。]{0,12}(?:さん|様|さま|殿|先生|各位|くん)(?:へ)?[、,]?")


def is_marked(text: str) -> bool:
    """Whether a text has any sign of a quoting mark: most have none."""
    return ">" in text or "|" in text or "＞" in text or CITED in text


def has_verbs(text: str) -> bool:
    """Whether one of the words stands in a text that an attribution without a colon has."""
    return any(map(text.__contains__, _VERBS)) and any(map(text.__contains__, SAYS))


def introducing(text: str, bare: list[str], verbs: bool) -> list[int]:
    """Which of a text's stripped lines can be a separator, the first of copied header fields, or the end of an
    attribution. verbs: what `has_verbs` says of the text.
    """
    if verbs or ":" in text or "：" in text or "\t" in text:
        return [number for number, line in enumerate(bare) if line and _may_introduce(line, verbs)]
    return [number for number, line in enumerate(bare) if line and line[0] in _DRAWN]


def _may_introduce(line: str, verbs: bool) -> bool:
    if ":" in line or "：" in line or "\t" in line or line[0] in _DRAWN:
        return True
    return verbs and has_verbs(line)


def is_prefixed(line: str) -> bool:
    """Whether a stripped line bears a quoting mark: ">", "|" or the initials of the one who is quoted."""
    return (line[:1] in _SIGNS and line != "") or (">" in line[1:4] and _PREFIX.match(line) is not None)


def is_quoted_run(run: list[str], above: list[str], *, alone: bool) -> bool:
    """Whether lines with a quoting mark are a quotation, and no code, table, arrow or call.

    above: up to two lines before them; alone: nothing introduces them and the text has no other such line.
    """
    first = run[0]
    if first[0] == CITED:
        return True
    if not any(line.strip(">＞| \t") for line in run):
        return False
    if _CODE.match(first) or (above and _DIFF_COMMAND.fullmatch(above[-1])):
        return False
    if above and above[-1] == "---" and above[0].startswith("<"):  # the second half of a diff
        return False
    if not first.startswith((">", "＞")):  # tables have bars too, and one letter is a prompt
        return len(run) > 1 and all(_PREFIX.match(line) for line in run)
    if len(run) == 1 and _CALL.fullmatch(first):
        return False
    unsure = "http" in first or "＞" in first[2:] or first.startswith(">From ") or first.lstrip(">＞ ")[:1].isdigit()
    return not (alone and unsure)


def is_separator(line: str) -> bool:
    """Whether a line separates the text from the mail that is answered or forwarded: "-----Original Message-----"."""
    if len(line) > _LONGEST or line[:1] not in _SEPARATES:
        return False
    return _SEPARATOR.fullmatch(line) is not None or _BARE_FORWARD.fullmatch(line) is not None


def speaks_of_forwarding(text: str) -> bool:
    """Whether a text has a word without which no line of it says that a mail was forwarded."""
    return any(map(text.lower().__contains__, _HANDED_ON))


def is_forward(line: str) -> bool:
    """Whether a line says that a mail was forwarded."""
    if len(line) > _LONGEST or line[:1] not in _SEPARATES:
        return False
    return _FORWARD_LINE.fullmatch(line) is not None or _BARE_FORWARD.fullmatch(line) is not None


def ends_quotation(line: str) -> bool:
    """Whether a line says that a quotation ends here."""
    return 4 < len(line) < 100 and line[0] in _DRAWN and _END.fullmatch(line) is not None


def header_block_end(bare: list[str], number: int, *, drawn: bool = False, separated: bool = False) -> int:
    """One behind the copied header fields that begin at a line, 0 if there are none.

    A memo has "To", "From" and "Subject" too: so they must bear an address, a program's word for the time, or a line
    drawn above them; behind a separator any of them will do.
    """
    if number >= len(bare) or _LABEL.match(bare[number][:60]) is None:
        return 0
    kinds: set[str] = set()
    end, address = number, False
    for later in range(number, min(number + 14, len(bare))):
        match = _LABEL.match(bare[later][:60])
        if match is None and (not bare[later] or later - end > 2):
            break
        if match is not None:
            kinds.add(str(match.lastgroup))
            end = later + 1
        address = address or "@" in bare[later]
    if separated:
        return end
    sure = drawn or address or "sent" in kinds
    return end if sure and "sender" in kinds and len(kinds) >= 3 and kinds & {"sent", "date", "subject"} else 0


def is_attribution(line: str, verbs: bool) -> bool:
    """Whether a line may be the last of an attribution: "On ... wrote:", "2026年11月25日(水) 12:34 田中 <...>:".

    verbs: what `has_verbs` says of the text.
    """
    if len(line) > _LONGEST:
        return False
    if line[-1] in ":：":
        return True
    return verbs and has_verbs(line) and _VERB.search(line) is not None


def attribution_start(bare: list[str], number: int, marked: bool) -> int | None:
    """The first line of the attribution that ends at this line, None if it is none.

    marked: whether what follows bears quoting marks; then little is asked for, else a time and an address.
    """
    line = bare[number]
    tail = f"{bare[number - 1]} {line}" if number and line.endswith((">:", ">：")) else line  # cut inside the address
    spoken = _VERB.search(tail[-_LONGEST:]) is not None
    if not (spoken or _ADDRESS_END.search(tail) or (marked and _WHEN_AND_WHO.match(line))):
        return None
    start = number
    if not _OPENING.match(line) or not (_DATE.search(line) or "@" in line):
        for above in range(number - 1, max(-1, number - 4), -1):
            if not bare[above] or len(bare[above]) > _LONGEST:
                break
            if _OPENING.match(bare[above]):
                start = above
                break
    if start and bare[start - 1].lower().startswith(("in message ", "in article ")):
        start -= 1
    whole = " ".join(bare[start : number + 1])
    if marked:
        return start
    timed = _DATE.search(whole) is not None and _TIME.search(whole) is not None
    named = "@" in whole or (spoken and _OPENING.match(whole) is not None)
    return start if timed and named else None
