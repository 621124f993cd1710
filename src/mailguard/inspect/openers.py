"""Which reader opens which kind of file: one table. Looks inside where the first octets do not tell (zip, compound
files, programs with an archive behind them), then hands on.
"""

from __future__ import annotations

from functools import partial

from mailguard.inspect.archives import zips
from mailguard.inspect.archives.behind import open_behind, with_appended, with_behind
from mailguard.inspect.archives.cabs import read_cab
from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.isos import read_iso
from mailguard.inspect.archives.lzhs import read_lzh
from mailguard.inspect.archives.marks import is_tar
from mailguard.inspect.archives.rars import read_rar
from mailguard.inspect.archives.sevenzips import read_7z
from mailguard.inspect.archives.streams import read_compressed
from mailguard.inspect.archives.tars import read_tar
from mailguard.inspect.chars.charset import decode, mirrored
from mailguard.inspect.content import Content, FileIn, Opener
from mailguard.inspect.kinds.apple import read_apple
from mailguard.inspect.kinds.cards import read_cards
from mailguard.inspect.kinds.filetype import PICTURES, TEXTUAL
from mailguard.inspect.kinds.mailfiles import read_emlx, read_mail_file, read_mbox
from mailguard.inspect.kinds.onenote import read_onenote
from mailguard.inspect.kinds.plain import read_pgp, read_text
from mailguard.inspect.kinds.shortcuts import read_shortcut
from mailguard.inspect.limits import Budget
from mailguard.inspect.office.compound import read_compound
from mailguard.inspect.office.documents import read_document
from mailguard.inspect.office.flat import read_flat
from mailguard.inspect.outlook.tnef import read_tnef
from mailguard.inspect.page.html import declared_charset, html_text, xml_text
from mailguard.inspect.pictures.pictures import note_place, read_picture
from mailguard.inspect.rtf.document import read_rtf
from mailguard.inspect.sealed.smime import read_container
from mailguard.inspect.structure.salvage import readable

#: Kinds in which no archive belongs.
_FLAT = (TEXTUAL - {"eml", "emlx", "mbox"}) | {"rtf"}
#: Kinds that are zip archives, by a member that only they have; an Android package has a manifest of Java as well.
_ZIP_KINDS = {
    "AndroidManifest.xml": "apk",
    "AppxManifest.xml": "msix",
    "META-INF/container.xml": "epub",
    "META-INF/MANIFEST.MF": "jar",
}


def content_of(file: FileIn, short: str, budget: Budget) -> Content:
    """What a file of this kind says and holds; `whole` is False where it is of no known kind."""
    opener = _OPENERS.get(short)
    if opener is not None:
        content = opener(file, budget)
        return content if short not in _FLAT else with_appended(file, content, budget)
    if short in PICTURES:
        return with_behind(file, read_picture(file, budget), budget)
    if not file.octets:
        return Content()
    return _unknown(file, budget)


def _zip(file: FileIn, budget: Budget) -> Content:
    try:
        listing = zips.list_zip(file.octets, budget)
    except Unpackable as error:
        budget.find("unparseable_attachment", file.where, f"zip: {error}")
        return Content(whole=False)
    zips.note_listing(listing, budget, file.where)
    if (document := read_document(file, listing, budget)) is not None:
        return document
    names = {member.name for member in listing.members}
    short = next((kind for name, kind in _ZIP_KINDS.items() if name in names), "")
    return zips.read_listing(file, listing, budget, short)


def _markup(file: FileIn, budget: Budget) -> Content:
    if (document := read_flat(file, budget)) is not None:
        return document
    text = decode(file.octets, file.charset or declared_charset(file.octets)).both
    return Content(text=xml_text(text))


def _html(file: FileIn, budget: Budget) -> Content:
    found = html_text(decode(file.octets, file.charset or declared_charset(file.octets)).both)
    parts = (found.shown, found.hidden, found.aside, mirrored(found.shown))
    return Content(text="\n".join(part for part in parts if part), inner=found.files)


def _pdf(file: FileIn, budget: Budget) -> Content:
    from mailguard.inspect.pdf.document import read_pdf

    note_place(file, budget)
    content = with_appended(file, read_pdf(file, budget), budget, file.octets.rfind(b"%%EOF"))
    behind = file.octets[file.octets.rfind(b"%%EOF") + 5 :] if b"%%EOF" in file.octets else b""
    if text := readable(behind, doubt=False).strip():
        content.text = f"{content.text}\n{text}"
    return content


def _program(file: FileIn, budget: Budget) -> Content:
    """A program is not read; an archive that unpacks itself is."""
    return open_behind(file, budget) or Content(whole=False)


def _unknown(file: FileIn, budget: Budget) -> Content:
    """A file of no known kind may be an old tar, or carry an archive behind a stub of any sort."""
    if is_tar(file.octets[:512]):
        content = read_tar(file, budget)
        content.short = "tar"
        return content
    hidden = open_behind(file, budget)
    if hidden is None:
        return Content(whole=False)
    if hidden.short:  # the last volume of several begins anywhere
        return hidden
    budget.find("ambiguous_archive", file.where, "an archive behind other data")
    return hidden


_OPENERS: dict[str, Opener] = {
    "eml": read_mail_file,
    "emlx": read_emlx,
    "mbox": read_mbox,
    "p7m": read_container,
    "pgp": read_pgp,
    "applesingle": read_apple,
    "appledouble": read_apple,
    "tnef": read_tnef,
    "zip": _zip,
    "cfb": read_compound,
    "gz": partial(read_compressed, short="gz"),
    "bz2": partial(read_compressed, short="bz2"),
    "xz": partial(read_compressed, short="xz"),
    "lzma": partial(read_compressed, short="lzma"),
    "zst": partial(read_compressed, short="zst"),
    "tar": read_tar,
    "7z": read_7z,
    "rar": read_rar,
    "lzh": read_lzh,
    "cab": read_cab,
    "iso": read_iso,
    "rtf": read_rtf,
    "pdf": _pdf,
    "exe": _program,
    "lnk": read_shortcut,
    "one": read_onenote,
    "html": _html,
    "xml": _markup,
    "svg": _markup,
    "txt": read_text,
    "csv": read_text,
    "json": read_text,
    "ics": read_cards,
    "vcf": read_cards,
    "script": read_text,
}
