"""Which customers a subject or the name of a file is made for: 【みどり商事様】, 見積_みどり商事様.xlsx, 北斗電機 御中.

Words to be compared with the domains that mail with the same words went to before: who sends a file for one customer to
a house that never got mail with this name has probably the wrong file or the wrong house. Only a name with an honorific
says for whom something is; a company's name alone may be what the mail is about. Pure, bounded; never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from mailguard.insight.readings import fold

_READ, _FILES, _MOST = 200, 20, 8
_TOKEN = re.compile(r"[^\s_【】「」『』\[\]()<>、。,:;/|・]+")
_SHORT = re.compile(r"\((?:株|有|合|同|社|財)\)")
_HONOUR = re.compile(r"(.{1,24}?)(?:様|さま|殿|御中|様向け|様宛て?|様用)(?:分|向け|宛て?|用)?")
_FORM = re.compile(r"株式会社|有限会社|合同会社|(?:一般|公益)?(?:社団|財団)法人|医療法人|学校法人")
#: Whom the words before 様 do not name.
_NOBODY = re.compile(
    r"(?:お客|御客|客|皆|お取引先|取引先|同|仕|有|各|ご担当者?|担当者?|貴社|御社|会員|お得意|得意先|関係者|社内|先方|某|何)"
)
_ENDING = re.compile(r"\.\w{1,5}$")
_EDGES = "-.~〜*#+= "


def customers(subject: str, file_names: Iterable[str] = ()) -> tuple[str, ...]:
    """The names, folded, without form of company and honorific, each once, at most eight. file_names: as senders call
    their files.
    """
    found: dict[str, None] = {}
    for text in (subject, *islice(file_names, _FILES)):
        text = text[:_READ]
        if not text.isascii():
            found.update(dict.fromkeys(_japanese(text)))
    return tuple(found)[:_MOST]


@lru_cache(maxsize=512)  # mails of a thread have one subject
def _japanese(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    text = unicodedata.normalize("NFKC", text)[:_READ]
    tokens = [token.strip(_EDGES) for token in _TOKEN.findall(_SHORT.sub("株式会社", text))]
    for at, token in enumerate(tokens):
        if token in ("様", "御中") and at:
            _enter(tokens[at - 1], found)
        elif honoured := _HONOUR.fullmatch(token.partition("の")[0]) or _HONOUR.fullmatch(_ENDING.sub("", token)):
            _enter(honoured[1], found)
    return tuple(found)


def _enter(name: str, found: dict[str, None]) -> None:
    name = _FORM.sub("", name).strip(_EDGES)
    if len(name) > 1 and not _NOBODY.fullmatch(name):
        found.setdefault(fold(name))
