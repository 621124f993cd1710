"""In which language a text is written, by its script, and by its commonest words where the script is Latin.

A small detector of our own: mails are short, full of names and numbers, and Japanese ones full of Latin words, and what
a rule needs is the language of most of it or the answer that it cannot be told. Linear in the first LOOKED_AT
characters, no data files, no state.
"""

from __future__ import annotations

import re
from collections import Counter

from mailguard.mail.verdict import Because

LOOKED_AT = 20_000
#: Letters below which nothing is said; one of an East Asian script says as much as several Latin ones.
_LEAST = 20
_EAST_ASIAN = 3
#: Words of the winner, and how far it must lie before the next one.
_LEAST_WORDS, _AHEAD = 2, 1.3

NAMES = {
    "ja": Because("日本語", "Japanese"), "en": Because("英語", "English"), "zh": Because("中国語", "Chinese"),
    "ko": Because("韓国語", "Korean"), "de": Because("ドイツ語", "German"), "fr": Because("フランス語", "French"),
    "es": Because("スペイン語", "Spanish"), "it": Because("イタリア語", "Italian"),
    "pt": Because("ポルトガル語", "Portuguese"), "nl": Because("オランダ語", "Dutch"),
    "id": Because("インドネシア語", "Indonesian"), "vi": Because("ベトナム語", "Vietnamese"),
    "ru": Because("ロシア語", "Russian"), "uk": Because("ウクライナ語", "Ukrainian"), "th": Because("タイ語", "Thai"),
    "ar": Because("アラビア語", "Arabic"), "he": Because("ヘブライ語", "Hebrew"), "el": Because("ギリシャ語", "Greek"),
    "hi": Because("ヒンディー語", "Hindi"),
}  # fmt: skip
LANGUAGES = tuple(NAMES)

_SCRIPTS = {
    "kana": re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc\uff66-\uff9d]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]"),
    "hangul": re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
}
#: Addresses, links and names of files are of no language.
_NO_WORDS = re.compile(r"(?:https?://|www\.)[^\s<>]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,255}|\b[\w-]{1,80}\.[a-z]{2,4}\b")
_WORD = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff']{1,30}")
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_VIETNAMESE = re.compile("[ăâđêôơư\u1ea0-\u1ef9]", re.IGNORECASE)
_COMMON = {
    "en": "the and to of in is for you we that with this are please be have will on it as your our not can i",
    "de": "der die und das ist nicht mit sie wir für auf den im ein eine bitte von zu ich es sind werden dem",
    "fr": "le la les et des est pour vous nous dans que une un du avec sur votre je ne pas merci en au ce",
    "es": "el la los las de que y en un una por para con no es se su del nos gracias le al como más",
    "it": "il la di che e un una per con non è si del della le dei in grazie vi sono al come gli alla",
    "pt": "o a os as de que e em um uma para com não é se do da no na por obrigado ao segue dos",
    "nl": "de het een en van is dat niet met voor op aan te wij u zijn ik in bij om graag er",
    "id": "yang dan di untuk dengan ini dari kami tidak anda akan pada adalah itu ke saya terima kasih mohon",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}


def language_of(text: str) -> str:
    """The language of most of a text, as one of LANGUAGES; "" if it cannot be told."""
    text = _NO_WORDS.sub(" ", text[:LOOKED_AT])
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    weights = {name: count for name, count in counts.items() if name not in ("kana", "han", "hangul")}
    weights["han"] = (counts["kana"] + counts["han"]) * _EAST_ASIAN
    weights["ko"] = counts["hangul"] * _EAST_ASIAN
    most = max(weights, key=lambda name: weights[name])
    if weights[most] < _LEAST:
        return ""
    if most == "han":
        return _of_characters(text, counts["kana"], counts["han"])
    if most == "latin":
        return _of_words(text)
    if most == "cyrillic":
        return "uk" if len(_UKRAINIAN.findall(text)) * 50 > counts["cyrillic"] else "ru"
    return most


def _of_characters(text: str, kana: int, han: int) -> str:
    """Japanese or Chinese: no Japanese sentence is without kana, a heading or an address may be."""
    if kana * 20 > kana + han:
        return "ja"
    chinese = japanese = 0
    for character, times in Counter(_SCRIPTS["han"].findall(text)).items():
        if not _in(character, "shift_jis"):
            chinese += times
        elif not _in(character, "gb2312") and not _in(character, "big5"):
            japanese += times
    if chinese >= _LEAST_WORDS and chinese > japanese * _AHEAD:
        return "zh"
    if japanese >= _LEAST_WORDS and japanese > chinese * _AHEAD:
        return "ja"
    return ""


def _in(character: str, charset: str) -> bool:
    """Whether a charset has the character: each country's standard has the forms that are written there."""
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _of_words(text: str) -> str:
    words = Counter(_WORD.findall(text.lower()))
    found = {language: sum(words[word] for word in common) for language, common in _WORDS.items()}
    found["vi"] = len(_VIETNAMESE.findall(text)) // 4
    best, second, *_ = sorted(found, key=lambda language: -found[language])
    if found[best] < _LEAST_WORDS or found[best] < found[second] * _AHEAD:
        return ""
    return best
