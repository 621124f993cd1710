"""How much a text looks like one, so that octets without a true label find their charset.

Octets of one East Asian charset are mostly valid in the others too, and then give characters that exist but that nobody
writes. Thus what counts is how frequent the characters are in the language of that charset: the few hundred that make
up most of any text, then those of the standard's first level. A short text is judged as a long one. Pure values.
"""

from __future__ import annotations

import functools
import re
from collections import Counter

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_KANJI = re.compile("[\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+")
_WESTERN_WORD = re.compile("[A-Z\u00c0-\u00de\u0152\u0160\u017d]?[a-z\u00df-\u00ff\u0153\u0161\u017e]+"
                           "|[A-Z\u00c0-\u00de\u0152\u0160\u017d]+")  # fmt: skip
_WESTERN_ALONE = "\u00e0\u00c0\u00e9\u00c9\u00e8\u00f3\u00ed\u00e5\u00c5\u00f6\u00d6\u00e6\u00fc"
_WESTERN_SIGN = re.compile(
    "[\u00a0\u00a1\u00a3\u00a7\u00a9-\u00ab\u00ad\u00ae\u00b0-\u00b2\u00b4\u00ba\u00bb\u00bf\u20ac\u2013\u2014"
    "\u2018-\u201e\u2022\u2026\u2122]"
)
_THAI_VOWEL = re.compile("[\u0e30-\u0e3a\u0e40-\u0e4e]")
_THAI_ALONE = re.compile("(?<![\u0e01-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_SAMPLE = 4000
_JAPANESE = (
    "日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回新場金員九入選"
    "立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法不来作性的要用制治度務強気小七"
    "成期公持野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女初北午指権心界支第産結百派点教報済書府活原先"
    "共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増"
    "係感特情投示変打男基私各始島直両朝革価式確村提運終挙果西減台広必応演電歳住争談能無再位置企真流格有疑口過局少放税検町"
    "常校料沢裁状工建語球営空職証土与急止送援供可役構木割聞身費付施切由説転食比難防補車優夫研収断井何南石足違番規術護展態"
    "備宅配副算視条警究席輸訪楽起万着店述残線率病農州念待試族助労例然早張限親額監環験追審商葉義伝働形景担好準賀被株頭技低"
    "毎医復去姿味負閉渡失移差衆個写評課末極種美岡影含福量望松非観察整段型白深字答製票況音申様財港識注積請求様顧客簿籍密秘"
    "殿御貴弊致伺頂戴願承稿添付返却納期限履歴携帯番号振込口座給与賞退採用履契約覚督促領締切届希望候補氏住名称宛先件扱厳禁"
    "佐藤鈴木高橋渡辺伊藤中村小林加吉井斎清坂池阿部森崎岩原田花太郎恵美智子幸雄博健介髙﨑德濵"
)
_CHINESE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种"
    "事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第"
    "公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合"
    "回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总"
    "何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展科司五基眼书非则听白"
    "界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取望觉领共确传师观清今切院让识候带导争请收款"
    "单价货订附件谢密绝客户银行账号电话邮箱地址经理您贵敬司转联系"
    "這個們來為國說時會對後過發種經學當沒動還進樣實無與長機關點業將兩間問應戰頭體見產話給門員論處義幾認條氣題爾變總電數報"
    "結務場計資統區書則聽達強難權設記類據邊張該規萬覺領確傳師觀讓識帶導爭請單價貨訂謝絕戶銀帳號郵"
)
_KOREAN = (
    "이다의는에을가고하한지은로도를사기리대어인해자시나정서아그부수일라과니들게장전원소면보스주있으요제상조오것등동세여만우"
    "적용공진되경선관구유성안계미비연치무방내문트야할년간분신했생국위학말중화회발모바마입교때실같까없었못됩습합드감녕님첨파"
    "번호메십까송금액고객명단기밀외극업체표계약견청각재직직급팀담당박김최임한오서신권황송류홍개월"
)
_PUNCTUATION = re.compile(
    "[\u3000-\u3003\u3005-\u3015\u301c\u2010-\u2026\u203b\u2116\u2121\u2190-\u2193\u2460-\u2473\u25a0-\u25cf"
    "\u2605\u2606\u3231\u32a4-\u32a8\uff01-\uff5e\uffe5\u00d7\u00b7\u2225\u2212]"
)
_NARROW = re.compile(r"[\uff61-\uff9f]")
_ODD_ASCII = frozenset(map(chr, (*range(9), *range(14, 32))))
_ODD = re.compile("[\x00-\x08\x0e-\x1f\x80-\x9f\ue000-\uf8ff\ufffd\u0370-\u03ff\u0400-\u045f]")
#: Of a charset: the rows of its first level as EUC has them, the codec to read them by, its frequent characters.
_LEVELS = {
    "gb18030": (0xB0, 0xD7, "gb2312", _CHINESE),
    "big5hkscs": (0xA4, 0xC6, "big5", _CHINESE),
    "cp949": (0xB0, 0xC8, "euc_kr", _KOREAN),
}
#: Single octets, by script: the letters that are written in words, small ones and vowels first of all.
_SCRIPTS = {
    "koi8_r": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф", re.compile("[\u0410-\u042f]")),
    "cp1251": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэф", re.compile("[\u0410-\u042f]")),
    "cp874": ("านรอกเงมยลวดทสตะปบคหแจพชขใไโผภำ่้ัิีืุู็์", re.compile("[\u0e01-\u0e4e]")),
}


def has_kana(text: str) -> bool:
    """Whether Japanese syllables stand in a text."""
    return _KANA.search(text) is not None


def has_kanji(text: str) -> bool:
    """Whether Chinese characters stand in a text."""
    return _KANJI.search(text) is not None


def score(text: str, codec: str) -> float:
    """How much a text looks like one of this charset: 1 surely, 0 not at all; text without foreign letters is 1."""
    sample = text[:_SAMPLE]
    if sample.isascii():
        return 1.0
    if codec in _SCRIPTS:
        return _script_score(sample, "".join(ch for ch in sample if ch > "\x7f"), codec)
    weights = _weights(codec)
    points, total = 0.0, 0
    for ch, count in Counter(sample).items():
        if ch > "\x7f" or ch in _ODD_ASCII:
            points += weights[ch] * count
            total += count if ch > "\x7f" else 0
    return max(0.0, min(1.0, points / total))


class _Weights(dict[str, float]):
    """What each character says for a charset, found out once for each."""

    def __init__(self, codec: str) -> None:
        super().__init__()
        self._frequent, self._level = _everyday(codec)
        self._japanese = codec not in _LEVELS

    def __missing__(self, ch: str) -> float:
        if ch in self._frequent:
            weight = 1.0
        elif _KANA.match(ch):
            weight = 1.0 if self._japanese else 0.2
        elif ch in self._level:
            weight = 0.45
        elif self._japanese and _KANJI.match(ch):
            weight = 0.25
        elif _PUNCTUATION.match(ch):
            weight = 0.7
        elif _NARROW.match(ch):
            weight = 0.4 if self._japanese else 0.0
        else:
            weight = -1.5 if _ODD.match(ch) else 0.0
        if len(self) < _SAMPLE:  # a stranger's text must not fill the memory
            self[ch] = weight
        return weight


@functools.cache
def _weights(codec: str) -> _Weights:
    return _Weights(codec)


def western_score(text: str) -> float:
    """How much octets read as Windows-1252 look like a European language: accents inside words that are written so."""
    sample = text[:_SAMPLE]
    high = sum(ch > "\x7f" for ch in sample)
    if not high:
        return 1.0
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    good = sum(sum(ch > "\x7f" for ch in word) for word in words if _WESTERN_WORD.fullmatch(word) and _is_western(word))
    return 0.9 * (good + 0.8 * len(_WESTERN_SIGN.findall(sample))) / high


def _is_western(word: str) -> bool:
    foreign = sum(ch > "\x7f" for ch in word)
    return word in _WESTERN_ALONE if len(word) == 1 else foreign * 2 <= len(word)


def _script_score(text: str, joined: str, codec: str) -> float:
    """Words of one alphabet: small letters, capitals only where a word begins or all of it is."""
    letters, capitals = _SCRIPTS[codec]
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    if any(_ASCII_LETTER.search(word) for word in words):
        return 0.0
    if codec == "cp874" and (len(_THAI_VOWEL.findall(joined)) < 0.15 * len(joined) or _THAI_ALONE.search(text)):
        return 0.0
    small = sum(ch in letters for ch in joined)
    first = len(re.findall(rf"(?<!\w){capitals.pattern}", text))
    mixed = sum(any(ch.isupper() for ch in word[1:]) and not word.isupper() for word in words)
    of_length = sum(len(word) for word in words if len(word) > 2) / max(1, sum(map(len, words)))
    share = (small + min(first, len(words))) / len(joined)
    return max(0.0, 0.95 * share * (0.4 + 0.6 * of_length) - 0.5 * mixed / max(1, len(words)))


@functools.cache
def _everyday(codec: str) -> tuple[frozenset[str], frozenset[str]]:
    """The frequent characters of a charset, and those of its first level: the standards list the usual ones first."""
    first, last, source, frequent = _LEVELS.get(codec, (0xB0, 0xCF, "euc_jp", _JAPANESE))
    octets = b"".join(bytes((row, cell)) for row in range(first, last + 1) for cell in range(0xA1, 0xFF))
    if source == "big5":
        octets += b"".join(bytes((row, cell)) for row in range(first, last + 1) for cell in range(0x40, 0x7F))
    return frozenset(frequent), frozenset(octets.decode(source, "ignore"))
