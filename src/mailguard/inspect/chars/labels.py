"""Names of character sets to codecs, as mail clients take them: by what senders mean, not by what the registry says.

A label is the sender's claim, of any length and with any octets in it. "ISO-2022-JP" means Microsoft's variant of it,
"gb2312" means GB18030. Nothing is registered in Python's own table of codecs: "jis" and
"euc" here are the decoders of `jis`. Source: Encoding Standard, "Names and labels"; IANA's character sets.
"""

from __future__ import annotations

import codecs
import functools
import re

#: Decoders of our own, beside Python's: ISO-2022 in all its kinds, and EUC-JP with the rows of Microsoft.
JIS = "jis"
EUC = "euc"

_CODECS = {
    label: codec
    for codec, labels in {
        JIS: "iso-2022-jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-2004 iso-2022-jp-ext iso-2022-jp-ms"
        " csiso2022jp csiso2022jp2 iso2022jp iso2022-jp cp50220 cp50221 cp50222 windows-50220 windows-50221 jis jis7"
        " jis8 x-jis jis_encoding csjisencoding iso-2022-kr csiso2022kr iso2022kr iso-2022-cn iso-2022-cn-ext",
        EUC: "euc-jp eucjp x-euc-jp eucjp-ms eucjp-win eucjp-open cp51932 windows-51932 ujis x-euc"
        " cseucpkdfmtjapanese euc",
        "euc_jis_2004": "euc-jisx0213 euc-jis-2004 eucjisx0213",
        "shift_jis_2004": "shift_jisx0213 shift_jis-2004 shift_jis_2004 sjisx0213",
        "cp932": "shift_jis shift-jis shiftjis sjis x-sjis ms_kanji csshiftjis windows-31j cswindows31j ms932 cp932"
        " windows-932 x-mac-japanese x-ms-cp932 sjis-win",
        "gb18030": "gb2312 gbk x-gbk gb_2312-80 cp936 gb18030 euc-cn x-euc-cn chinese iso-ir-58 windows-936"
        " csgb2312 gb18030-2022",
        "big5hkscs": "big5 big5-hkscs x-x-big5 cn-big5 csbig5 cp950 windows-950 x-windows-950",
        "cp949": "euc-kr ks_c_5601-1987 ks_c_5601 ksc5601 ks_c_5601-1989 korean windows-949 cseuckr uhc",
        "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 iso8859_1 x-ansi ansi",
        "ascii": "us-ascii ascii ansi_x3.4-1968 x-us-ascii 7bit 8bit",
        "cp1254": "iso-8859-9 latin5",
        "cp874": "iso-8859-11 windows-874 tis-620",
        "iso8859-8": "iso-8859-8-i",
        "iso8859-6": "iso-8859-6-i",
        "utf-8": "utf-8 utf8 x-utf-8 x-utf8 unicode-1-1-utf-8 cp65001 utf8mb4 utf-8n utf_8 cesu-8",
        "utf-7": "utf-7 unicode-1-1-utf-7 x-unicode-2-0-utf-7 cp65000 utf7",
        "imap": "utf-7-imap x-imap4-modified-utf7 imap-utf-7",
        "utf-16": "unicode iso-10646-ucs-2 ucs-2 csunicode",
        "utf-32": "iso-10646-ucs-4 ucs-4",
        "hz": "hz-gb-2312",
        "mac-roman": "macintosh x-mac-roman",
    }.items()
    for label in labels.split()
}
_NOT_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "palmos", "mbcs", "oem"}
_LONGEST = 80
#: What stands before a charset or after it and is no part of it: quotes, another parameter, a language.
_JUNK = re.compile(r"[\s\"'\x00]+|[;,*(<].*", re.DOTALL)


@functools.lru_cache(maxsize=512)
def codec_of(label: str) -> str | None:
    """The codec for a label, None if there is no such character set."""
    name = _JUNK.sub("", label[:_LONGEST]).lower().removeprefix("charset=")
    known = _CODECS.get(name) or _CODECS.get(name.replace("_", "-"))
    if known or not name.isascii() or "/" in name or "." in name:
        return known
    try:
        found = codecs.lookup(name.replace("windows-", "cp"))
    except (LookupError, ValueError, TypeError):
        return None
    # Python's registry also has codecs that are no character sets (rot13, zlib, idna).
    is_text = getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NOT_TEXT
    return found.name if is_text else None
