"""One line of a letter in English, German, French, Spanish, Chinese or Korean read as a salutation.

"Dear Mr. Tanaka," - "Hi John and Mary," - "John," - 尊敬的王先生 - 김철수님. Names must look like names: capital
letters, few words. A closing ("Thanks,") or the start of a sentence ("However,") is none.
"""

from __future__ import annotations

import re

from mailguard.mail.facts import Addressee
from mailguard.mail.posts import english_post

_OPENING = re.compile(
    r"(?P<word>my dear|dear|hi there|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|attn\.?|attention|to"
    r"|sehr geehrter?|liebe[rs]?|guten (?:tag|morgen)|hallo|bonjour|bonsoir|ch[eè]re?s?|estimad[oa]s?|hola"
    r"|buenos d[ií]as)"
    r"(?P<sign>[ ,:!-]+|$)",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"(to whom it may concern|(?:dear )?(?:sir or madam|sirs?/madams?|sir/ ?madam|sirs|sir|madam|ladies and gentlemen"
    r"|gentlemen)"
    r"|(?:sehr geehrte )?damen und herren|madame, monsieur|messieurs|monsieur|madame)(?=$|[,:.!;])",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|rev|herrn?|frau|monsieur|madame|mme|mlle|m|sra?|srta|señora?)"
    r"(?:\.|(?=\s))\s*",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"(?:both|everyone|everybody|every one|all|team|teams|folks|guys|there|friends"
    r"|(?:(?:valued|business|prospective|fellow|future|new) )?(?:customers?|clients?|colleagues?|members?|partners?"
    r"|suppliers?|vendors?|applicants?|candidates?|readers?|guests?|shareholders?|users?|subscribers?|students?"
    r"|parents|recipients?|investors?|friends?|employees?|participants?|attendees?|residents?|patients?|editors?"
    r"|distributors?|developers?|volunteers?)"
    r"|hr|human resources|accounts(?: (?:payable|receivable))?|support|sales|purchasing|procurement"
    r"|[\w&. ]{1,40} (?:team|department|support|office|desk|all|group|staff|service|members"
    r"|users|customers|manager|committee|colleagues))",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"[A-Z][\w&.,' -]{0,60}?,? (?:Inc|Ltd|Corp|Corporation|LLC|LLP|GmbH|AG|PLC|K\.K|Co\.?,? Ltd)\b\.?"
)
_WORD = r"[^\W\d_](?:[^\W\d_]|['’.]|-(?!san\b|sama\b|sensei\b)){0,24}"
_NAME = re.compile(rf"{_WORD}(?: {_WORD}){{0,3}}")
_BARE = re.compile(
    r"[A-Z][a-z'’-]{1,20}(?:[ -][A-Z][a-z'’.-]{0,20}){0,2}(?:(?:, | and | & |/)[A-Z][a-z'’-]{1,20}){0,8}[,:]"
)
_NO_NAME = frozenset(
    """thanks regards best cheers sincerely however also first second finally therefore again please yes no ok
    okay sorry hi hello dear note hence moreover besides today tomorrow yesterday meanwhile unfortunately attached great
    good fyi done actually well next then so and but if as in on at for from subject date to cc re fw fwd the this that
    we you i it sent hereby accordingly monday tuesday wednesday thursday friday saturday sunday agenda summary
    background update world""".split()  # noqa: SIM905
)
#: Where a list of names is over, and not behind "Mr." or an initial.
_SENTENCE_END = re.compile(
    r"[:!?–—(]| - |(?<!\b[A-Z])(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSr)(?<!\bMrs)(?<!\bMme)(?<!\bSra)(?<!\bProf)\.(?:\s|$)"
)
_JAPANESE = re.compile(rf"({_WORD}(?: {_WORD}){{0,2}})[- ](san|sama|sensei)", re.IGNORECASE)
_JAPANESE_BARE = re.compile(rf"(?:{_WORD} ){{0,2}}{_WORD}[- ](?:san|sama|sensei)(?=$|[\s,:.!/&])", re.IGNORECASE)
#: What every match of the pattern above ends with.
_JAPANESE_TITLE = re.compile(r"[- ](?:san|sama|sensei)(?=$|[\s,:.!/&])", re.IGNORECASE)
_MR = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.? [A-Z][\w'’-]{0,24}(?: [A-Z][\w'’-]{0,24}){0,2}"
#: "Mr. Tanaka," and nothing else.
_TITLED = re.compile(rf"{_MR}(?:(?:, | and | & ){_MR}){{0,5}}[,:]")
_SPLIT = re.compile(r"\s*(?:,|;|/|&| and | und | et | y )\s*")
_CHINESE = re.compile(
    r"(?:尊敬的|亲爱的|敬爱的)?(?P<who>[一-龠]{1,4}|各位)(?P<title>先生|女士|小姐|总经理|经理|总|老师|主任|同事|客户|领导)(?:们)?(?:您好|你好)?[,:!]"
)
_CHINESE_FORMAL = re.compile(
    r"(?:尊敬的|亲爱的|敬爱的)(?P<who>[一-龠]{1,4}?)(?P<title>先生|女士|小姐|总经理|经理|总|老师|主任|客户|领导|用户)?(?:$|[,:!])"
)
_KOREAN = re.compile(
    r"(?:안녕하세요[,.! ]*)?(?P<who>[가-힣]{1,5}) ?"
    r"(?P<title>(?:부장|과장|대리|차장|사장|대표|이사|팀장|선생|교수|담당자|고객)?님(?:께)?)(?=$|[\s,.!:])"
)


def western(line: str, *, first: bool) -> list[Addressee]:
    """Whom a line in Latin letters addresses. first: whether it is the mail's first ("John," is read there only)."""
    if match := _FORMULA.match(line):
        return [Addressee(title=match.group(1))]
    opening = _OPENING.match(line)
    if opening:
        word, rest = opening.group("word").lower(), line[opening.end() :].strip()
        if word == "to" and ":" not in opening.group("sign"):
            return []
        if rest.lower().startswith("whom"):
            return [Addressee(title="To whom it may concern")]
        if match := _FORMULA.match(rest):
            return [Addressee(title=match.group(1))]
        if word == "hi there":
            return [Addressee(title="there")]
        return _people(rest, spoken=word not in ("to", "attn", "attn.", "attention"))
    if first and _BARE.fullmatch(line) and not any(one.lower() in _NO_NAME for one in re.findall(r"[A-Za-z]+", line)):
        return _people(line, spoken=False)
    if first and _TITLED.fullmatch(line):
        return _people(line, spoken=False)
    if _JAPANESE_TITLE.search(line) and _JAPANESE_BARE.match(line):
        return _people(line, spoken=False)
    return []


def foreign(line: str) -> list[Addressee]:
    """Whom a line in Chinese, Korean or Latin letters with accents addresses."""
    if match := _CHINESE.match(line) or _CHINESE_FORMAL.match(line):
        title = match.group("title") or ""
        who = match.group("who")
        if who == "各位" or title in ("客户", "用户", "领导"):
            return [Addressee(title=f"{who}{title}")]
        return [Addressee(name=who, title=title)]
    if match := _KOREAN.match(line):
        return [Addressee(name=match.group("who"), title=match.group("title"))]
    if line[0].isascii() or line[0] in "ÉÀÜÖÄéàüöäß":
        return western(line, first=False)
    return []


def _people(words: str, *, spoken: bool) -> list[Addressee]:
    """The names in a list, up to where a sentence begins."""
    found: list[Addressee] = []
    if company := _COMPANY.match(words):
        rest = words[company.end() :].strip(" ,:")
        return [Addressee(company=company.group(), title=rest if _GROUP.fullmatch(rest) else "")]
    words = _SENTENCE_END.split(words, maxsplit=1)[0].rstrip(".")
    for piece in _SPLIT.split(words[:200])[:20]:
        if not piece or _TITLE.fullmatch(f"{piece} "):  # "Mr. and Mrs. Smith"
            if found:
                break
            continue
        one = _person(piece, spoken=spoken and not found)
        if one is None:
            break
        found.append(one)
    return found


def _person(piece: str, *, spoken: bool) -> Addressee | None:
    piece = piece.strip(" @*")
    if _GROUP.fullmatch(piece):
        return Addressee(title=piece)
    title = ""
    while match := _TITLE.match(piece):
        title = f"{title} {match.group().strip()}".strip()
        piece = piece[match.end() :]
    piece, post = english_post(piece)
    title = post or title
    if post and not piece:
        return Addressee(title=post)
    if match := _JAPANESE.fullmatch(piece):
        piece, title = match.group(1), title or match.group(2)
    if _NAME.fullmatch(piece) is None or piece.split()[0].lower().strip(".") in _NO_NAME:
        return None
    words = piece.split()
    if not title and not all(word[0].isupper() for word in words) and not (spoken and len(words) == 1):
        return None
    return Addressee(name=piece, title=title)
