"""The words by which people say that something is attached, and those that say that nothing is meant to be.

By language, over folded text (lower case, half width). Each sentence is looked at on its own, and no further than a
window reaches: linear, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: So many characters around a word are its sentence at most; so many sentences are looked at.
_WINDOW, _MOST = 120, 200
_END = re.compile(r"[。．！？!?\n]|\.(?=\s|$)")
#: What every such sentence has in it.
_STEMS = tuple(
    "添付 別添 別紙 同封 attach enclos 附件 附上 随信附 隨信附 첨부 anbei anhang beigef angeh joint adjunt".split()  # noqa: SIM905
)
_STEM = re.compile("|".join(_STEMS))

_JA_SENT = (
    r"(?:(?:し|いたし|致し)(?:ます|ました)"  # people read the words that were found: whole ones, or the noun alone
    r"|(?=し(?:て(?:お|い|あ|ご)|、)|いたして|致して|申し上げ|させて(?:いただ|頂)))"
)
_JA_THING = r"(?:ファイル|資料|書類|データ)"
_SPOKEN = re.compile(
    "|".join(
        (
            # Japanese
            rf"添付{_JA_THING}|添付の(?:通り|とおり|図|表|写真|画像|見積|請求|契約|案|{_JA_THING})",
            rf"添付(?:を)?{_JA_SENT}|添付(?:に|にて|を)(?:お送り|ご?確認|ご?査収|ご?参照|ご?覧)",
            r"(?<=[をはも])添付(?=し|いた|致|の|にて|させ)",
            r"別添|別紙(?:の|に|を|にて)|同封(?=し|いた|致|の|させ)",
            # English
            r"\b(?:attached|enclosed) (?:is|are|please|herewith|hereto|you|the|a|an|our|my|file|copy|for)\b",
            r"\b(?:attached|enclosed) to this (?:e-?mail|message)\b",
            r"\b(?:is|are|i've|i have|have|we've|we have|been) (?:now )?(?:attached|enclosed)\b",
            r"\b(?:find|see|in|review|sign|check|per) (?:the |our |my )?(?:attached|enclosed|attachments?)\b",
            r"\bfind (?:\S+ ){1,8}(?:attached|enclosed)\b",
            r"\b(?:i|we)(?:'m| am|'re| are) (?:attaching|enclosing)\b|\b(?:i|we) (?:attach|enclose)\b",
            r"\b(?:open|the|this|these|in|as) attachments?\b|\bas an attachment\b|\battached (?:files?|documents?)\b",
            # Chinese, Korean
            r"附件(?:是|为|為|中|里|裡|请|請)|(?:见|見|查收|参阅|参见|參閱)附件|随信附|隨信附|附上",
            r"첨부 ?(?:합니다|했습니다|하였습니다|드립니다|파일|된)",
            # German, French, Spanish
            r"\b(?:anbei|im anhang|beigefügt|angehängt)\b",
            r"\bci[- ]joint|\bpièces? jointes?\b|\badjunt(?:o|a|os|as|amos)\b",
        )
    )
)
#: What in the same sentence says that nothing is missing: there is none, it is the other side's, an old one, a link.
_NOT_MEANT = re.compile(
    "|".join(
        (
            rf"添付{_JA_THING}?(?:は|が|も|を)?(?:無し|なし|ない|無い|不要|不可|禁止|せず|しない|できない|でき(?:ます|る)|可能)",
            rf"添付{_JA_THING}?(?:は|が|も|を)?(?:ござい|あり|でき|し(?:て(?:い|おり))?|されて(?:い|おり))ません",
            rf"添付{_JA_THING}?(?:は|を)?(?:いただ|頂|お?願い|して(?:くださ|下さ|いただ|頂|ほし|欲し)|の(?:うえ|上))",
            r"添付(?:する|した)(?:場合|とき|際|こと)|ご添付",
            r"(?:いただい|頂い|くださっ|下さっ|頂戴し)た(?:メールの)?添付|(?:前回|先日|昨日|以前|前便)[^。]{0,20}添付",
            r"url|リンク|ダウンロード|https?://|クラウド|ストレージ|ファイル便|\bbox\b|dropbox|onedrive|google ?drive",
            r"\b(?:no|without(?: an?| any)?|not|never|cannot|please|could you|can you|would you|will you) (?:be )?"
            r"(?:attach|enclos)|n't (?:be )?(?:attach|enclos)",
            r"\byour (?:attach|enclos)|(?<!send )(?<!sending )\byou (?:have |had )?(?:attached|enclosed)\b",
            r"\b(?:link|download|share ?point|last (?:mail|email|week)|(?:previous|earlier) (?:mail|email|message))\b",
            r"(?:没有|沒有|无|無需|无需)附件|您的附件|链接|連結|下载|下載|첨부 ?(?:없|해 ?주)",
            r"\b(?:ohne|kein|keine) anhang\b|\bsans pièce",
        )
    )
)


def spoken_of(text: str) -> Iterator[tuple[str, str]]:
    """Words that say that something is attached, each with its sentence. text: folded."""
    after = 0
    if not any(map(text.__contains__, _STEMS)):  # of most mails; a pattern that may begin so many ways takes far longer
        return
    for _ in range(_MOST):
        stem = _STEM.search(text, after)
        if stem is None:
            return
        sentence, after = _sentence(text, stem.start(), stem.end())
        found = _SPOKEN.search(sentence)
        if found is not None and not _NOT_MEANT.search(sentence):
            yield found.group()[:40], sentence


def _sentence(text: str, start: int, end: int) -> tuple[str, int]:
    """The sentence around a stretch, as far as the window reaches, and where to go on looking."""
    begin = max(0, start - _WINDOW)
    for found in _END.finditer(text, begin, start):
        begin = found.end()
    behind = _END.search(text, end, end + _WINDOW)
    stop = behind.start() if behind else min(len(text), end + _WINDOW)
    return text[begin:stop], stop
