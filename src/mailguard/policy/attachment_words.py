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
    "添付 別添 別紙 同封 attach enclos pfa 附件 附上 随信附 隨信附 첨부 anbei anhang beigef angeh joint adjunt".split()  # noqa: SIM905
)
_STEM = re.compile("|".join(_STEMS))

_JA_SENT = (
    r"(?:(?:し|いたし|致し)(?:ます|ました)"  # people read the words that were found: whole ones, or the noun alone
    r"|(?=し(?:て(?:お|い|あ|ご)|、)|いたして|致して|申し上げ|させて(?:いただ|頂)))"
)
_JA_THING = r"(?:ファイル|資料|書類|データ)"
#: What stands behind the colon of a form where nothing is attached.
_NONE = r"(?:な[しい]|ナシ|無[しい]|不要|none\b|nothing\b|n/?a\b|no\b(?!\.)|0 ?(?:件|点|個|files?\b|\n|$)|-+ ?(?:\n|$))"
_JA_SENDS = r"(?:お?送り(?:し|いた|致)|(?:送付|送信|提出|連絡)(?:し|いた|致))"
#: What was sent before, by either side; "the estimate that you asked for the other day" is meant to be here.
_JA_BEFORE = (
    r"(?:前回|先日|昨日|以前|前便|先ほど|先程|さきほど|先週|前)"
    r"(?:の?添付(?!漏|も|忘|し忘)|[^、]{0,12}(?:(?:送(?:付|信)?し|送っ|渡しし)た|(?:メール|便)[にでの])[^、]{0,8}添付"
    r"|[^、]{0,12}送り(?:し|(?:いた|致)しまし)た(?:添付|[^、]{0,16}\(添付))"
)
#: What is said of a thing that is dropped: not of its seal or its print (押印不要), nor where that is left open.
_JA_DROPPED = (
    r"(?:もう|既に|すでに|特に|結局|やはり|すべて|全て|(?:今回|今後)は?)?、?"
    r"(?:ご?不要(?!な(?!の)|の(?:場合|方|際|時|とき)|(?:で|だ)(?:あれば|したら|ったら)|なら)"
    r"|(?:必要|[要い]り?)(?:は|が|も|では)?(?:な[くい](?!場合|方|とき|時)|ござい?ま?せん|ありません|ません)"
    r"|使用し(?:ません|ないこと)|使(?:いません|わないこと)|外[しす]|取り?(?:下げ|消し|消させ|やめ)"
    r"|(?:無効|破棄|廃棄|削除|キャンセル|中止|省略|割愛)(?:です|でござい|と|にな|し|いた|致|さ|[をの]?お?願|くだ|下さ|$))"
)
_SPOKEN = re.compile(
    "|".join(
        (
            # Japanese
            # To the end of the word: people are told what was found.
            rf"添付{_JA_THING}|添付の(?:通り|とおり)|添付の(?:図|表|写真|画像|見積|請求|契約|案|申込|申請|用紙|フォーム|注文|発注"
            rf"|納品|領収|報告|議事|一覧|リスト|企画|提案|仕様|カタログ|地図|{_JA_THING})"
            r"(?:(?!送|添)[一-龠]|[ァ-ヶー]){0,8}",
            rf"添付(?:を)?{_JA_SENT}|添付(?:に|にて|で|を)?(?:お送り|ご?確認|ご?査収|ご?参照|ご?覧)"
            r"|添付(?:で送|にて失礼)",
            rf"[(【<\[]添付{_JA_THING}?(?: ?[0-9]{{1,2}} ?(?:点|件|枚|部|通|つ|{_JA_THING}))?[)】>\]]"
            rf"|添付{_JA_THING}? ?:(?! ?{_NONE})(?= ?\S)",
            rf"添付の(?:件(?!は)|(?:うえ|上)、?{_JA_SENDS})",
            r"添付(?:漏れ|もれ|を?し?忘れ|するのを忘れ|を失念)",
            r"(?<=[をはも])添付(?=し|いた|致|の|にて|させ)",
            r"別添|別紙(?=[のにを])(?!に定め)|同封(?=し|いた|致|の|させ)",
            # English
            r"\b(?:attached|enclosed)(?: (?:is|are|please|herewith|hereto|file|copy)\b"
            r"|(?= (?:you|the|a|an|our|my|for)\b))",
            r"\b(?:attached|enclosed) to this (?:e-?mail|message)\b",
            r"\b(?:is|are|i've|i have|have|we've|we have|been) (?:now )?(?:attached|enclosed)\b"
            r"(?! to (?!(?:this|the) (?:e-?mail|mail|message)\b))",
            r"\b(?:find|see|in|review|sign|return|complete|fill (?:in|out)|check|per|refer(?: to)?) "
            r"(?:the |our |my )?(?:attached|enclosed|attachments?)\b",
            rf"\battached ?:(?! ?{_NONE})",
            r"\bpfa\b|\bwith (?:the )?attachment\b|(?:^|- )attaching (?:the|a|my|our|it|here)\b",
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
            rf"(?:添付|別添|別紙|同封)の?[^\s、をはがもでにの]{{0,12}}(?:の(?:提出|送付|返送|添付))?"
            rf"(?:は|が|も|を|(?:について|に関して)は)、?{_JA_DROPPED}",
            rf"添付{_JA_THING}?(?:は|が|も|を)?(?:ござい|あり|でき|し(?:て(?:い|おり))?|されて(?:い|おり))ません",
            rf"添付{_JA_THING}?(?:は|を)?(?:いただ|頂|お?願い|して(?:くださ|下さ|いただ|頂|ほし|欲し)"
            rf"|の(?:うえ|上)(?!、?{_JA_SENDS}))|添付して(?![おいあ])(?:(?!ので|ます).){{0,20}}(?:くださ|下さ|願い|いただ[けくき]|頂[けくき])",
            r"添付(?:に|にて|で|して|の(?:うえ|上)、?)?お送り(?:いただ|頂|くださ|下さ)|添付[^、]{0,16}ではなく",
            r"同封(?:いただ|頂|くださ|下さ)|添付[^、]{0,16}再送(?:くだ|下さ|[をの]お?願|いただ|頂)",
            r"(?:同封|別紙|別添)[^、]{0,16}(?:拝見|拝読|拝受|受領(?:し|いた|致)|受け取り|ありがとう)",
            r"(?:納品|出荷|納入|発送|提出|申請|注文|申込|請求|応募|精算)の?(?:時|際|とき|たび|都度)[には、]{1,2}[^、]{0,20}添付",
            r"[0-9]日(?:付け?)?の?メール[にで]添付|(?:teams|slack|チャット|システム|ポータル|フォーム|サーバー)[^、]{0,6}に[^、]{0,12}添付",
            r"添付(?:する|した)(?:場合|とき|際|こと)|ご添付",
            r"(?:いただい|頂い|くださっ|下さっ|頂戴し)た(?:メールの)?添付|" + _JA_BEFORE,
            rf"添付(?:の?{_JA_THING})?(?:について|を|は|が|も|、)?[^、]{{0,6}}(?:拝見|拝読|拝受|受領(?:し|いた|致)|受け取り|ありがとう"
            r"|確認(?:(?:し|いたし|致し|させて(?:いただき|頂き))ました(?:$|[、がの])|が?でき)|(?<!ご)質問が)",
            rf"添付{_JA_THING}?(?:は|が|を|も)?[^、]{{0,6}}(?:開[けきか](?:な|ませ)|(?:見れ|見られ|読め)(?:な|ませ)|破損|壊れ|文字化け"
            r"|見当たら|[つ付]いて(?:い|お)|届いて|自動)",
            rf"添付{_JA_THING}?の?(?:解凍|展開|開封|閲覧|復号)?用?(?:パスワード|pw|サイズ|容量|上限|形式|受信|開封|名|ウイルス|ウィルス|セキュリティ|制限|取り?扱い?|廃止|運用)",
            rf"添付{_JA_THING}?(?:は|を)(?:開か|開封|暗号化|分離|無害化|受信)|添付書類(?:は|として)、?(?:次の|以下の|下記の)",
            r"メール(?:本文)?(?:、|や|と|および|及び|ならびに|並びに|または|又は)(?:その)?添付",
            r"(?:後ほど|のちほど|後日|あとで|追って|別メール|別便)[^、]{0,12}(?:添付|送)",
            r"添付(?:漏れ|もれ|を?し?忘れ)[^、]{0,8}(?:よう(?:です|でし)|ませんか|でしょうか|防|対策|検|注意)|(?:製品|商品|荷物)[^、]{0,8}同封",
            r"url|リンク|ダウンロード|https?://|クラウド|ストレージ|ファイル便|\bbox\b|dropbox|onedrive|google ?drive",
            r"\bthank(?:s| you)(?: (?:very much|so much|a lot))? for (?:sending )?(?:me |us )?(?:the |your )?attach",
            r"\b(?:i|we)\b[^,]{0,16}(?:\bnot|n't|\bunable to|\bcannot|\bfailed to) (?:\w+ )?"
            r"(?:open|read|see|view|find|access|download)\b[^,]*attach",
            r"\battach(?:ment|ed files?)s? (?:\w+ )?(?:not|\w+n't|missing|corrupt|broken|blocked|empty|damaged)\b",
            r"\bre-?send[^,]{0,12} attach|\b(?:got|received|opened) (?:the|your) attach"
            r"|\b(?:e-?mail|message)\b[^,]{0,20} (?:and|or) (?:its |any |all |the )?attach",
            r"\bnothing (?:\w+ ){1,4}(?:attach|enclos)|\byour?\b[^,]* without (?:the |an? |any )?attach",
            r"\b(?:do not|don't|never|avoid) open(?:ing)?\b[^,]* attach"
            r"|(?:\bwill|'ll) (?:send|forward|provide)\b[^,;]* attach[^,;]*"
            r"\b(?:tomorrow|later|soon|next|separately|shortly|by post|by courier)\b",
            r"\b(?:no|without(?: an?| any)?|not|never|cannot|please|could you|can you|would you|will you) (?:be )?"
            r"(?:attach|enclos)|n't (?:be )?(?:attach|enclos)",
            r"\b(?:attached|attachments?|enclosed|enclosures?)(?: (?!that\b|which\b)\w+){0,3}"
            r" (?:is|are|was|were|has been|have been) (?:now )?"
            r"(?:no longer|not (?:needed|required|necessary|valid)|obsolete|outdated|superseded|void|invalid|cancell?ed"
            r"|withdrawn|unnecessary)\b",
            r"添付[^、]{0,14}の件(?:につきまして|について)?は?、?(?:(?:承知|了解)(?:しま?し?た|(?:いた|致)しま)|かしこまり)",
            r"\b(?:attached|attachments?|enclosed)(?: \w+){0,2}(?: that| which)? you(?: have|'ve)?"
            r" (?:sent|shared|mentioned|promised)\b",
            r"\b(?:disregard|ignore|discard|removed?|withdr[ae]w|dropped) (?:the |my |our |that )?(?:attach|enclos)",
            r"(?:n't|\bnot|\bno longer) need (?:the |an |any )?attachment|\bno need for (?:the |an |any )?attach",
            r"\byour (?:attach|enclos)|(?<!send )(?<!sending )\byou (?:have |had )?(?:attached|enclosed)\b",
            r"\b(?:link|download|share ?point|last (?:mail|email|week)|(?:previous|earlier) (?:mail|email|message))\b",
            r"(?:没有|沒有|无|無需|无需)附件|您的附件|链接|連結|下载|下載|첨부 ?(?:없|해 ?주)",
            r"\b(?:ohne|kein|keine) anhang\b|\bsans pièce",
        )
    )
)


#: How Japanese and English speak about an attachment; what asks the reader to look into one, or tells what the writer
#: did with it.
_ABOUT = re.compile(r"添付|別紙|別添|attach")
_OFFERED = re.compile(
    r"ください|下さい|願[いえ]|お送り|送付|送信|ご?(?:覧|査収|参照)|いただけ|頂け"
    r"|添付(?:し|いた|致|させ|に|で|とな|のとおり|の通り|の(?:うえ|上)|漏れ|もれ|忘れ|:)|[(【<\[]添付"
    r"|(?:記入|記載|追記|修正|訂正|作成|改訂|更新|反映|整理|用意)(?:し(?!て(?:いただ|頂))|いた|致|済)|まとめ"
    r"|\b(?:please|find|see|review|sign|return|complete|here (?:is|are)|pfa)\b"
    r"|\b(?:is|are|have|i've|we've|i'm|am) (?:now )?(?:attach|enclos)|^\W*attached\b|\battach(?:ing)?\b"
    r"|\b(?:i|we)(?:'ve| have)? (?:\w+ )?(?:marked|summari[sz]ed|updated|revised|added|corrected|prepared|made|filled"
    r"|signed|changed|listed)\b"
)
#: What is in an envelope or a parcel, not in a mail.
_ENCLOSED = ("同封", "enclos")
_PARCEL = re.compile(
    r"発送|郵送|宅配|宅急便|配送|伝票番号|お?問い?合わ?せ番号|追跡番号|書留|レターパック|佐川|ヤマト運輸"
    r"|\b(?:courier|parcel|shipped|dispatched|by post|by mail|tracking)\b"
)


def offers(sentence: str) -> bool:
    """Whether a sentence with such a word offers what is attached, and does not merely speak about it: in an answer to
    a mail with an attachment that would be the other side's. sentence: folded, as `spoken_of` gives it.
    """
    return _ABOUT.search(sentence) is None or _OFFERED.search(sentence) is not None


def names_attachments(text: str) -> bool:
    """Whether a text has a word for attachments. text: folded."""
    return _STEM.search(text) is not None


def links_to_files(text: str) -> bool:
    """Whether a text has a link to shared files: clients upload what is too large, and people call it attached."""
    return "//" in text and _SHARED.search(text) is not None


def spoken_of(text: str) -> Iterator[tuple[str, str]]:
    """Words that say that something is attached, each with its sentence. text: folded."""
    after = 0
    if not any(map(text.__contains__, _STEMS)):  # of most mails; a pattern that may begin so many ways takes far longer
        return
    in_parcel = any(map(text.__contains__, _ENCLOSED)) and _PARCEL.search(text) is not None
    for _ in range(_MOST):
        stem = _STEM.search(text, after)
        if stem is None:
            return
        sentence, after = _sentence(text, stem.start(), stem.end())
        found = _SPOKEN.search(sentence)
        if found is not None and in_parcel and any(map(found.group().__contains__, _ENCLOSED)):
            continue
        if found is not None and not _NOT_MEANT.search(sentence):
            yield found.group()[:40], sentence


#: Houses that keep files for others; of those that do more, where the files are.
_SHARED = re.compile(
    r"https?://(?:[\w-]{1,60}\.){0,4}?(?:drive\.google\.com|docs\.google\.com|onedrive\.live\.com|1drv\.ms|sharepoint\.com"
    r"|dropbox\.com|box\.com|gigafile\.nu|xgf\.nu|firestorage\.(?:jp|com)|wetransfer\.com|we\.tl|icloud\.com/(?:attachment|iclouddrive)"
    r"|mega\.nz|filesend\.to|bizstorage\.jp|cryptobin\.jp|attachments?\.office\.net)(?![\w.-])",
    re.IGNORECASE,
)


def _sentence(text: str, start: int, end: int) -> tuple[str, int]:
    """The sentence around a stretch, as far as the window reaches, and where to go on looking."""
    begin = max(0, start - _WINDOW)
    for found in _END.finditer(text, begin, start):
        begin = found.end()
    behind = _END.search(text, end, end + _WINDOW)
    stop = behind.start() if behind else min(len(text), end + _WINDOW)
    return text[begin:stop], stop
