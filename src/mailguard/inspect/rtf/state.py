"""What holds in a group of RTF until it ends, and the control words that change it. Source: specification 1.9.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailguard.inspect.rtf.words import CHARSETS, codec_of_page

if TYPE_CHECKING:
    from mailguard.inspect.rtf.document import RtfReader


@dataclass(slots=True)
class Group:
    """What holds until the group ends. kind: what is done with its text ("" for text that is shown)."""

    kind: str = ""
    flow: list[str] = field(default_factory=list)
    stand_ins: int = 1  # octets behind \\u for readers without Unicode
    font: int = -1
    wide_font: int = -1
    wide: bool = False
    unseen: bool = False
    deleted: bool = False
    inserted: bool = False
    in_table: bool = False
    nesting: int = 0


def _font(reader: RtfReader, group: Group, number: int | None) -> None:
    group.font = number or 0


def _charset(reader: RtfReader, group: Group, number: int | None) -> None:
    if group.kind == "fonts" and number in CHARSETS:
        reader.fonts[group.font] = CHARSETS[number]


def _page_of_font(reader: RtfReader, group: Group, number: int | None) -> None:
    if group.kind == "fonts" and number:
        reader.fonts[group.font] = codec_of_page(number)


def _default_font(reader: RtfReader, group: Group, number: int | None) -> None:
    reader.default_font = number or 0


def _other_font(reader: RtfReader, group: Group, number: int | None) -> None:
    if group.wide:
        group.wide_font = number or 0


def _wide(reader: RtfReader, group: Group, number: int | None) -> None:
    group.wide = True


def _narrow(reader: RtfReader, group: Group, number: int | None) -> None:
    group.wide = False


def _stand_ins(reader: RtfReader, group: Group, number: int | None) -> None:
    group.stand_ins = max(0, min(8, 1 if number is None else number))


def _plain(reader: RtfReader, group: Group, number: int | None) -> None:
    group.unseen = group.deleted = group.inserted = group.wide = False
    group.font = group.wide_font = -1


def _paragraph_default(reader: RtfReader, group: Group, number: int | None) -> None:
    group.in_table, group.nesting = False, 0


def _in_table(reader: RtfReader, group: Group, number: int | None) -> None:
    group.in_table = True


def _nesting(reader: RtfReader, group: Group, number: int | None) -> None:
    group.nesting = number or 0


def _unseen(reader: RtfReader, group: Group, number: int | None) -> None:
    group.unseen = number != 0


def _deleted(reader: RtfReader, group: Group, number: int | None) -> None:
    group.deleted = number != 0


def _inserted(reader: RtfReader, group: Group, number: int | None) -> None:
    group.inserted = number != 0


#: What a control word changes for the rest of its group.
ACTS: dict[str, Callable[[RtfReader, Group, int | None], None]] = {
    "f": _font, "fcharset": _charset, "cpg": _page_of_font, "deff": _default_font, "af": _other_font, "dbch": _wide,
    **dict.fromkeys(("loch", "hich", "rtlch", "ltrch"), _narrow),
    "uc": _stand_ins, "plain": _plain, "pard": _paragraph_default, "intbl": _in_table, "itap": _nesting, "v": _unseen,
    "deleted": _deleted, "revised": _inserted,
}  # fmt: skip
