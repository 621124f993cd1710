"""By which words the first lines of a mail address people and companies: "Hi John," - "Dear Mr. Smith" - 山田様.

Cheap, for every mail: it reads the first 400 characters of the writer's own text and of them eight lines, and gives
words to compare with names, no more. A fuller reader is in `inspect`; what this one does not understand is no greeting.
Pure; linear in what it reads; never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from mailguard.insight.readings import english, fold, given_sounds, romanised, sound, split_name, surname_sounds
from mailguard.mail.posts import english_post, told_apart

_READ, _LINES, _LINE, _MOST = 400, 8, 120, 10
#: Lines of ASCII up to this length are remembered: most people begin their mails alike.
_SHORT = 80
_HELLO = re.compile(
    r"(?:(?:my )?dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|attn\.?|bonjour|hallo"
    r"|lieber?|hola|ciao)(?=[ ,:!-]|$)[ ,:!-]*",
    re.IGNORECASE,
)
_NAME = r"[A-Z\u00c0-\u00de][A-Za-z\u00c0-\u024f'’-]{1,20}"
_BARE = re.compile(rf"({_NAME}(?: {_NAME}|(?:, ?| and | & |/| / ){_NAME}){{0,4}})[ ]?(?:[,:;]|--?|\u2014|$)")
_TITLE = re.compile(
    r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|herrn?|frau|m|mme)(?:\.|(?=\s))\s*", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*(?:,|/|&|;|\band\b|\bund\b|\bet\b)\s*")
_END = re.compile(r"[:!?(—]|--| - |(?<=[a-z]{3})\.|\.$")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-]){0,24}")
_SAN = re.compile(r"[- ](?:san|sama|sensei|kun)$", re.IGNORECASE)
_SAN_LINE = re.compile(r"(?:[A-Za-z]{2,20} ){0,2}[A-Za-z]{2,20}[- ](?:san|sama|sensei)\b", re.IGNORECASE)
_NOBODY = frozenset(
    "all team everyone everybody folks guys there both friends colleagues sir madam sirs gentlemen ladies"  # noqa: SIM905
    " customer customers client clients member members again group support department office staff list whom you"
    " me we i it this that the thanks thank regards best cheers sincerely however also first second finally please"
    " yes no ok okay sorry hi hello hey dear note attached attn enclosed here per just great good fyi done"
    " actually well next then so and but if as in on at for from subject date to cc re fw fwd sent monday tuesday"
    " wednesday thursday friday saturday sunday january february march april may june july august september"
    " october november december today tomorrow yesterday agenda summary background update what when where who why"
    " how are is am can could would will do did have has let see below following based according any some our my"
    " your his her their its there's here's i'm i've it's that's don't sounds looks hope got forwarded original"
    " begin message confidential privileged urgent important reminder warning world happy merry congratulations"
    " morning afternoon evening yeah yep oops cool sure wow oh hmm fyr asap ps nb dude girl girls boys gents gang"
    " buddy man mom dad mum honey sweetie babe highlights alert notification notice system time outage user id"
    " account business draft approved confirmed correction test crazy gracias merci sounds interesting absolutely"
    " definitely maybe perhaps congrats agreed understood received done wonderful excellent perfect nice awesome"
    " apologies unfortunately hopefully obviously".split()
)
#: What ends a unit of a Japanese salutation.
_UNIT = re.compile(
    r"(?P<who>[^\s、,。:]{1,24}?)?(?P<honour>様方|様|さま|さん|殿|先生|氏|君|くん|ちゃん|御中|各位|(?:代表取締役|取締役|執行役員|副社長|社長|会長|専務|常務"
    r"|本部長|副部長|部長|次長|課長|係長|主任|室長|所長|支店長|店長|工場長|局長|教授|マネージャー|リーダー)(?:様|殿|さん)?)(?:へ|宛|宛て)?"
)
_HONORIFIC = re.compile(r"(?:様方|様|さま|さん|殿|先生|氏|君|くん|ちゃん)?(?:へ|宛て?)?$")
_FORM = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|(?:一般|公益)?(?:社団|財団)法人|医療法人|学校法人|\((?:株|有|合|同|社|財|医|学)\)"
)
_HOUSE = re.compile(
    r".{1,16}(?:銀行|信用金庫|組合|協会|大学|病院|クリニック|研究所|事務所|製作所|工業|商事|商会|商店|物産|産業|建設|運輸|電機|製薬|食品|市役所|区役所)"
)
_OFFICE = re.compile(
    r".{1,16}(?:部|課|室|係|局|班|グループ|チーム|センター|本部|支店|支社|営業所|事業所|工場|事務局|窓口|ご?担当(?:者)?)"
)
_NAMELIKE = re.compile(
    r"[\u3400-\u9fff々〆ヶ𠮷]{1,6}|[\u30a1-\u30ff]{2,12}|[\u3041-\u309f]{2,6}|[A-Za-z][A-Za-z.'-]{1,20}"
)
_NO_NAME = re.compile(
    r"(?:お|ご|御)?(?:客|皆|皆々|何|王|神|仏|奥|子|疲れ|互い|陰|蔭|得意|世話|苦労|多|同|仕|有|各|異|別|左|逆|殿|方|主|母|父|貴|社内|取引先|関係者|担当者?|みな)"
)
_COURTESY = re.compile(
    r".{0,16}?(?:お世話|御世話|お疲れ|おつかれ|ご無沙汰|拝啓|前略|おはよう|こんにちは|こんばんは|はじめまして|初めまして|失礼|突然|夜分|恐れ入|恐縮)"
)
_SPOKEN = re.compile(r"(?:お世話に?なって(?:おり|い)?ます|お疲れ様です|おはようございます|こんにちは)[、,。 !]*")
_COPIED = re.compile(r"[(\[]?(?:cc|bcc|to|宛先|宛|送信先|写)[)\]]?[:;]\s*", re.IGNORECASE)
_GAP = re.compile(r"[\s、,・/&:!]+")
_SAID = ("。", ".", "ます", "です", "?", ":")
_BLANK = " \t\u3000\xa0\r*_#>"


def greeted(text: str) -> tuple[str, ...]:
    """The words by which the text's first lines address somebody, folded, in order, each once; at most ten. Behind them
    their readings in Latin letters, so that 山田様 meets yamada@.

    text: the writer's own. 山田太郎様 gives 山田, 太郎, yamada, taro; "Dear Mr. Smith" smith; 各位 nobody.
    """
    found: list[str] = []
    company: tuple[str, ...] = ()
    seen = 0
    for raw in text[:_READ].split("\n")[: 3 * _LINES]:
        line = raw.strip(_BLANK)[:_LINE]
        if not line:
            continue
        seen += 1
        if line.isascii():
            words = _known_line(line, seen == 1) if len(line) <= _SHORT else _western(line, first=seen == 1)
            over = bool(words) or bool(found) or len(line) > 40
        else:
            words, over, company = _remembered(line, company, seen == 1, bool(found))
        found += words
        if over or seen >= _LINES:
            break
    if not found:
        return ()
    found = list(dict.fromkeys(found))[:_MOST]
    return tuple(dict.fromkeys([*found, *(said for word in found for said in romanised(word))]))


def _western(line: str, *, first: bool) -> list[str]:
    """The names in a line of Latin letters."""
    if hello := _HELLO.match(line):
        return _people(line[hello.end() :])
    if _SAN_LINE.match(line):
        return _people(line)
    if first and (bare := _BARE.match(line)):
        words = _people(bare[1])
        signed = not bare[0][-1].isalnum()
        if not words or not (bare.end() == len(line) or len(words) <= 2):
            return []
        # A heading looks like a name that stands alone: there it must be one that is known.
        return words if (signed and not bare[1].isupper()) or _known(words[0]) else []
    return []


@lru_cache(maxsize=1024)
def _known_line(line: str, first: bool) -> list[str]:
    """What `_western` says, which nobody changes."""
    return _western(line, first=first)


def _known(word: str) -> bool:
    """Whether a word is a given name, or a Japanese surname."""
    return word in english() or sound(word) in given_sounds() or sound(word) in surname_sounds()


def _people(rest: str) -> list[str]:
    """The names in a list, up to where a sentence begins."""
    if end := _END.search(rest):
        rest = rest[: end.start()]
    found: list[str] = []
    for number, piece in enumerate(islice(_pieces(rest), 8)):
        name = _SAN.sub("", piece.strip())
        titled = False
        while title := _TITLE.match(name):
            name, titled = name[title.end() :], True
        name, post = english_post(name)
        words, titled = name.split(), titled or bool(post)
        if not words and titled:  # "Mr. and Mrs. Smith"
            continue
        if not words or len(words) > 3 or not all(_WORD.fullmatch(word) for word in words):
            break
        if any(word.lower() in _NOBODY for word in words):
            break
        if not titled and not all(word[0].isupper() for word in words) and (number or len(words) > 1):
            break
        found += [fold(word.strip(".'’-")) for word in words]
    return [word for word in found if len(word) > 1]


def _pieces(text: str) -> Iterator[str]:
    """What stands between commas and the like; most of a line is never asked for."""
    at = 0
    while found := _BETWEEN.search(text, at):
        yield text[at : found.start()]
        at = found.end()
    yield text[at:]


def _japanese(line: str, company: list[str], *, first: bool, begun: bool) -> tuple[list[str], bool]:
    """The words in a line that is not ASCII, and whether no salutation can follow it. company: named above it."""
    line = unicodedata.normalize("NFKC", line)[: 2 * _LINE]
    if line[0] < "\u0250" or _HELLO.match(line):
        words = _western(line, first=first)
        if words:
            return words, True
    if spoken := _SPOKEN.match(line):
        line = line[spoken.end() :]
        if not line:
            return [], False
    if copied := _COPIED.match(line):
        line = line[copied.end() :]
    words, prose = _units(line, company)
    if words or not prose:
        return words, bool(prose) and not _COURTESY.match(prose)
    return [], begun or not (_COURTESY.match(line) or (len(line) <= 30 and not line.endswith(_SAID)))


@lru_cache(maxsize=1024)  # Japanese mails begin alike
def _remembered(line: str, above: tuple[str, ...], first: bool, begun: bool) -> tuple[list[str], bool, tuple[str, ...]]:
    """What `_japanese` says, which nobody changes, and the company that is named above the next line."""
    company = list(above)
    words, over = _japanese(line, company, first=first, begun=begun)
    return words, over, tuple(company)


def _units(line: str, company: list[str]) -> tuple[list[str], str]:
    """The words of the units with which a line begins, and the prose behind them. A line that only names a company or
    an office has no prose.
    """
    found: list[str] = []
    pending: list[str] = []
    tokens = _GAP.split(line.rstrip("、,:!。"))[:12]
    for number, token in enumerate(tokens):
        unit = _UNIT.fullmatch(token)
        if unit is not None:
            who = unit["who"] or ""
            if unit["honour"] not in ("御中", "各位"):
                who = told_apart(_HONORIFIC.sub("", token, count=1))[0]
            some = _unit(who, unit["honour"], pending)
            if some is None:
                return found, " ".join(tokens[number:])
            found += [*company, *some]
            company.clear()
            pending = []
        elif _FORM.search(token):
            name = told_apart(_FORM.sub("", token))[0]
            if name:
                company.append(fold(name))
            else:
                pending = [token]
        elif pending and _FORM.fullmatch(pending[-1]):
            company.append(fold(token))
            pending = []
        elif _HOUSE.fullmatch(token):
            company.append(fold(token))
        elif _OFFICE.fullmatch(token) or told_apart(token)[0] in ("", "兼"):
            continue
        elif _NAMELIKE.fullmatch(token) and len(pending) < 2:
            pending.append(token)
        else:
            return found, " ".join(tokens[number:])
    return (found, "") if not pending else (found, " ".join(pending))


def _unit(who: str, honour: str, before: list[str]) -> list[str] | None:
    """The words before an honorific; None where they are no name."""
    if honour == "各位" or (not who and not before):
        return []
    form = _FORM.search(who)
    if form is not None:  # 株式会社B様
        name = _FORM.sub("", who)
        return [fold(name)] if name else []
    if honour == "御中":
        return [fold(who or before[-1])] if not _OFFICE.fullmatch(who) else []
    if who and (_OFFICE.fullmatch(who) or _NO_NAME.fullmatch(who)):
        return []
    if who and not _NAMELIKE.fullmatch(who):
        return None
    if who and len(before) == 1 and _NAMELIKE.fullmatch(before[0]):
        return [fold(before[0]), fold(who)]  # 山田 太郎様, ACME 山田様
    if who:
        pair = split_name(who)
        return [fold(one) for one in pair] if pair else [fold(who)]
    return [fold(one) for one in before]
