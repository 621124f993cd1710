"""The control words of RTF that matter to a reader of texts, and the code pages of its fonts: tables.

Source: Rich Text Format specification 1.9.1.
"""

from __future__ import annotations

import codecs

from mailguard.inspect.office.vocabulary import words

#: Destinations that hold no text, known without their `\\*`.
SKIPPED = frozenset(
    words(
        """colortbl stylesheet listtable listoverridetable rsidtbl generator pict themedata latentstyles
        colorschememapping datastore xmlnstbl filetbl bkmkstart bkmkend listtext pntext nonesttables shprslt
        nonshppict mmathPr pgdsctbl ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn htmltag revtim blipuid fontemb
        fontfile panose ffname objclass creatim printim buptim upr"""
    )
)
#: Destinations whose text goes somewhere: a block of its own, beside the text, a field code, an object.
DESTINATIONS = {
    **dict.fromkeys(
        words("footnote header headerl headerr headerf footer footerl footerr footerf annotation shptxt dptxbxtext"),
        "box",
    ),
    **dict.fromkeys(
        words(
            """title subject author manager company operator category keywords comment doccomm hlinkbase propname
            staticval linkval docvar atnauthor atnid objname xe tc ffdeftext ffhelptext ffstattext ffl"""
        ),
        "told",
    ),
    **dict.fromkeys(words("info userprops shpinst shpgrp nesttableprops ud formfield sp shp object"), ""),
    "fonttbl": "fonts",
    "fldinst": "code",
    "objdata": "object",
    "template": "template",
    "revtbl": "authors",
    "sn": "property",
    "sv": "value",
}
#: Properties of shapes that hold a text: alternative text, name, WordArt.
PROPERTIES = frozenset({"wzDescription", "wzName", "gtextUNICODE"})
BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "softline": "\n", "nestrow": "\n",
          "cell": "\t", "nestcell": "\t", "tab": "\t"}  # fmt: skip
SIGNS = {"emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
         "emspace": " ", "enspace": " ", "qmspace": " "}  # fmt: skip
#: \\fcharset to codecs; 0, 1 and 2 (ANSI, default, symbol) leave the code page of the document.
CHARSETS = {
    77: "mac_roman", 78: "cp932", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5hkscs",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_PAGES = {936: "gb18030", 950: "big5hkscs", 1361: "johab", 10000: "mac_roman", 10001: "cp932", 65001: "utf-8"}


def codec_of_page(page: int) -> str:
    """The codec of a Windows code page; Western European where there is none."""
    name = _PAGES.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
