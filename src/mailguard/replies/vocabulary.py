"""The words of answers, Japanese and English: what sends, what stops, what is mere courtesy, what raises a doubt.

Japanese patterns see a clause without blanks, English ones with single blanks; both in lower case and one width (NFKC).
Each is matched against a whole clause: a word inside a sentence decides nothing. Patterns are put together from lists
of alternatives, so that a word is added where its like stand.
"""

from __future__ import annotations

import re


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts))


# Japanese

_DO = _any(
    "する", "します", "いたします", "致します", "しました", "いたしました", "致しました", "して", "です", "済み?", "ok"
)
_PLEASE = _any(
    "(?:して)?(?:ください(?:ませ)?|下さい(?:ませ)?|頂戴|ちょうだい)",
    "(?:を|で|して)?お?願い(?:(?:いた|致)?し(?:ます|まーす)|です)?",
    "(?:して)?も?(?:いい|良い|よい|ok|結構|大丈夫)(?:です)?",
    "(?:して)?も?(?:構い|かまい|問題あり|差し支えあり)ません",
    "(?:して)?(?:いただけ(?:ますと|れば)幸い|いただければと思い|いただきたく思い)(?:です|ます)?",
    "(?:して)?(?:頂|いただ)(?:き|け)ますよう(?:に)?お?願い(?:いた|致)?します",
)
_FINE = _any(
    "(?:特に)?(?:問題|間違い|誤り)(?:は|も)?(?:(?:あり|ござい)(?:ません|ない)|ない|なし)(?:です|でした)?",
    "大丈夫(?:です)?",
    "(?:内容|宛先|本文|添付(?:ファイル)?|先方)?(?:は|を|も|に)?再?(?:確認|チェック)"
    "(?:(?:しました|いたしました|致しました)|済み?|ずみ)?(?:です)?",
    "了解(?:です|しました|いたしました|致しました)?",
    "承知(?:です|しました|いたしました|致しました)?",
)
_THIS = _any(
    "(?:この|本|当該?|上記の?)(?:メール|件)(?:を|は|について)?",
    "この?まま",
    "そのまま",
    "これは",
    "今回は",
    "では",
    "それでは",
)
_FIRST = _any(
    "はい",
    "ええ",
    "ok(?:です)?",
    "オーケー",
    f"{_FINE}(?:ので|から|ため)?",
    _THIS,
    "すべて",
    "全て",
    "全員に?",
    "予定(?:どおり|通り)",
)
_SEND = _any(
    f"(?:送信|送付|発信)(?:を|で|は|の)?{_DO}?",
    "(?:送信|送付|発信)(?:を|で|は|の)?(?:可能?(?:です)?|(?:許可|承認)(?:します)?|実行(?:して)?|してok(?:です)?)",
    "(?:お)?送(?:る|ります|って)",
    "お送り",
)
_APPROVE = f"(?:承認|了承|許可|認可)(?:を|は)?{_DO}?"
_YES = _any(
    "はい", "ええ", "ok(?:です)?", "okey", "オーケー(?:です)?", "オッケー(?:です)?", "おk", "送信ok(?:です)?", "yes"
)
SEND_JA = _pattern(f"{_FIRST}*", _any(f"{_SEND}{_PLEASE}?", f"{_APPROVE}{_PLEASE}?", f"{_YES}{_PLEASE}?"), "[ねよ]*")

_UNDO = _any(
    "取り?消し?|取り?(?:やめ|止め)|中止|停止|止め|やめ|ストップ|キャンセル|破棄|撤回",
    "却下|否認|不承認|不許可|差し?戻し?|不可|ng|だめ|ダメ|駄目",
)
_NOT = _any("しない(?:で|ように)?", "しません", "せず(?:に)?", "するな", "不可")
_WELL = _any(
    "いいえ",
    "いえ",
    "すみません(?:が)?",
    "申し訳(?:あり|ござい)ません(?:が)?",
    "やはり",
    "やっぱり",
    "一旦",
    "いったん",
    _THIS,
)
STOP_JA = _pattern(
    f"{_WELL}*",
    _any(
        f"(?:メール)?(?:の)?(?:送信|送付|発信)(?:を|は)?(?:{_NOT}|{_UNDO})",
        "送(?:らない(?:で)?|りません|るな|らず(?:に)?)",
        f"(?:承認|許可)(?:は)?(?:{_NOT}|できません|できかねます)",
        f"(?:{_UNDO})",
        "認められません",
        "いいえ",
        "いえ",
    ),
    _any(_DO, "す", "る", "て", "で", "とする", "とします", "といたします"),
    f"?{_PLEASE}?[ねよ]*",
)

COURTESY_JA = re.compile(
    _any(
        "(?:大変|いつも|毎度|平素より)*お?(?:疲れ|世話)(?:さま|様|に(?:なって|なり)?).{0,16}?(?:です|でした|ます|ました)?",
        "(?:ご|御)?(?:連絡|確認|対応|指摘|通知|お知らせ)(?:を|の)?(?:いただき)?(?:どうも)?"
        "(?:ありがとう|有難う|有り難う)(?:ござい(?:ます|ました))?",
        "(?:どうも|誠に)?(?:ありがとう|有難う|有り難う)(?:ござい(?:ます|ました))?",
        "(?:以上|どうぞ|何卒|引き続き|それでは|では)*(?:よろしく|宜しく)"
        "(?:お?願い(?:(?:いた|致|申し上げ)?(?:します|ます)|致します)?)?(?:です)?",
        "お?願い(?:いた|致)?します",
        "です",
        "以上(?:です)?",
        "失礼(?:します|いたします|致します|しました|いたしました)",
        "(?:お手数|恐れ入り|恐縮|すみません|申し訳(?:あり|ござい)ません)(?:を|で)?"
        "(?:おかけ|お掛け)?(?:して|し)?(?:ます|です|いたします)?(?:が)?",
        "取り急ぎ(?:ご?(?:連絡|返信|回答)(?:まで|です)?)?",
        "こんにちは|おはようございます|こんばんは|拝承|敬具|拝啓|草々",
        f"{_FINE}(?:ので|から|ため)?",
        "(?:mailguard|メールガード)?(?:システム)?(?:ご?担当者?|管理者|各位)?(?:様|殿|さん|御中)?",
    )
)

# English

_IT = r"(?: (?:it|this|that|them|all|this one|(?:the|this|my) (?:mail|e-?mail|message)|to (?:all|everyone|everybody)))?"
_TAIL = (
    r"(?: (?:now|as is|as it is|as-is|anyway|away|out|right away|immediately|please|thanks|thank you|thx"
    r"|to (?:all|everyone|everybody)))*"
)
_SURE = _any(
    "yes", "yep", "yeah", "ok", "okay", "sure", "right", "hi", "hello", "thanks", "thank you", "fine", "all good",
    "looks good", "looks fine", "good", "great", "i confirm", "confirmed", "no problem", "please", "just",
)  # fmt: skip
SEND_EN = _pattern(
    rf"(?:{_SURE}\W{{1,3}})*",
    _any(
        rf"(?:send|sent|release|deliver|approve|confirm|accept|proceed|go){_IT}{_TAIL}",
        rf"go ahead(?: and (?:send|release|approve){_IT})?{_TAIL}",
        rf"(?:you (?:can|may) |(?:it is |it's )?(?:ok|okay|fine|good|safe) to )(?:send|release|go){_IT}{_TAIL}",
        rf"(?:i |we )?(?:hereby )?approved?{_IT}{_TAIL}",
        "(?:approval |permission )?granted",
        rf"(?:yes|yep|yeah|yup|ok|okay|k|sure|lgtm|sure thing){_TAIL}",
    ),
)
_OH = _any("no", "nope", "sorry", "please", "oops", "actually", "stop", "wait", "hi", "hello", "ok", "okay")
STOP_EN = _pattern(
    rf"(?:{_OH}\W{{1,3}})*",
    _any(
        rf"(?:do not|don'?t|don’t|never) (?:send|release|deliver|approve|let it go){_IT}{_TAIL}",
        r"(?:cancel|stop|reject|decline|deny|withdraw|discard|delete|abort|block|recall|refuse|undo)"
        rf"(?: sending)?{_IT}{_TAIL}",
        rf"(?:i |we )?(?:cancelled|canceled|rejected|declined|denied|refused){_IT}",
        rf"(?:i |we )(?:reject|decline|deny|cancel|refuse){_IT}{_TAIL}",
        "not (?:approved|ok|okay|sent)", "disapproved?", "no", "nope", "no way", "no thanks", "no thank you",
    ),
)  # fmt: skip
COURTESY_EN = re.compile(
    _any(
        "(?:hi|hello|hey|dear)(?: (?:mailguard|all|team|there|admin|administrator|sir|madam|colleagues?|everyone))?",
        "good (?:morning|afternoon|evening|day)",
        "thanks?(?: (?:you|a lot|again|so much|very much|in advance))*|many thanks|thx|ty|cheers",
        "best|(?:(?:best|kind|warm) )?(?:regards|wishes)|br|sincerely(?: yours)?|please",
        "all good|looks (?:good|fine)(?: to me)?|no problem|fine|noted|understood|got it",
        "(?:i have |i've |i )?(?:checked|double-?checked|verified|reviewed)"
        "(?: (?:it|this|everything|the (?:mail|recipients?|attachments?)))?",
        "(?:everything|it|all)(?:'s| is| looks)? (?:fine|correct|right|good|ok)",
        "have a (?:nice|good|great) (?:day|weekend|one)",
    )
)

# Both

#: Who writes: 「営業部の山田です」, "Ann here".
NAME = re.compile(
    r".{0,16}(?:です|と申します|でございます)|[A-Za-z .'-]{2,30} here|(?:This is|It's|I'm|I am) [A-Za-z .'-]{2,30}"
)
#: Whatever of these stands anywhere in an answer, it does not send.
DOUBT = re.compile(
    "|".join((
        "[?？]", "あとで|後で|後ほど|のちほど|待って|お待ち|まだ", "ただし|但し|しかし|けど|ところ",
        "(?<!すみません)(?<!ありません)(?<!ございません)が[、,]|ですが|ますが",
        "もし|場合|たら|なら(?!び)|れば(?!と思い|幸い)",
        "以外|除[いきく]|外し|外す|抜い|変更|修正|訂正|直し|追加|差し?替え",
        "間違[いえっ](?!(?:は|も)?(?:あり|ござい)?(?:ません|ない|なし))",
        "保留|見合わ|延期|止め|やめ|取り?消|キャンセル|中止|却下|差し?戻",
        "明日|明後日|来週|[月火水木金土日]曜|時に|時頃|分後|時間後",
        "わから|分から|わかりませ|わかりかね|分かりませ",
        "どう(?!ぞ|も)|なぜ|何故|のか|でしょうか|ますか|ですか",
        "代わり|ではな|じゃな|ないで|ませんか|できない|できません|しない|しません",
        r"[\w.+-]+@[\w-]+\.",
        r"\bbut\b|\bhowever\b|\bwait|\blater\b|\btomorrow\b|\bunless\b|\bif\b|\bexcept|\bonly\b|\bwithout\b|\bremov",
        r"\bchang|\binstead\b|\bnot\b|n't\b|n’t\b|\bdont\b|\bnever\b|\bno\b(?! problem)",
        r"\bstop\b|\bcancel|\breject|\bhold\b",
        r"\bwhen\b|\bafter\b|\bbefore\b|\buntil\b|\bfirst\b|\bwhy\b|\bwhat\b|\bwho\b|\bshould\b|\bcould\b|\bwould\b",
        r"\bmaybe\b|\bperhaps\b|\bthink\b|\bcheck(?:ing)?\b|\bwill\b|\bi'll\b|\b(?:mon|tues|wednes|thurs|fri)day\b",
        r"\bwrong\b|\bmistake|\berror\b|\bfix",
    ))
)  # fmt: skip
#: It speaks of single recipients.
PEOPLE = re.compile(
    "|".join((
        "(?:を|は|(?<!いた)だけ|のみ|宛て?|さん|様|名)を?(?:外|はず|除|のぞ|抜|削除|取り?除)",
        "(?:(?<!いた)だけ|のみ|以外)(?:に|へ|を|は|、|,)?",
        "宛先(?:を|の|は|が|に)(?:変|追|直|削|修|訂|加|外)",
        "に変更|に差し?替え", r"\bb?cc\b", "(?:さん|様|氏)(?:へ|に)",
        r"[\w.+-]+@[\w-]+\.", r"\b(?:remove|drop|exclude|except|without|only|instead of|add|replace)\b",
        r"\bchange\b.{0,40}\b(?:to|recipient|address)",
    )),
    re.IGNORECASE,
)  # fmt: skip
