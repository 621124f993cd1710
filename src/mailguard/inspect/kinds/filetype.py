"""What a file is, by its content; what its name says, for comparison. A small table of our own: the set that matters is
small.

The name is a claim, the declared media type another. Detection looks at signatures, into zip directories (Office
documents) and into compound files (old Office, encrypted Office). It never opens more than it must and never raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.inspect.chars.utf import by_zeros
from mailguard.inspect.kinds.mailfiles import is_mbox, without_length
from mailguard.inspect.kinds.signatures import BRANDS, FOOTERS, RIFF, SIGNATURES
from mailguard.inspect.sealed.openpgp import is_binary_pgp, may_be_packets
from mailguard.inspect.sealed.smime import is_container
from mailguard.mail.kinds import EXTENSIONS, MEDIA

CFB = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Kinds in which there is nothing to read but name and size.
_IMAGES = frozenset({"png", "jpg", "gif", "bmp", "tif", "webp", "heic", "avif", "jxl", "ico", "psd", "emf", "wmf"})
_RECORDINGS = frozenset({
    "mp3", "aac", "amr", "wav", "flac", "ogg", "midi", "mp4", "avi", "mov", "mkv", "wmv", "mpg"
})  # fmt: skip
PICTURES = _IMAGES | _RECORDINGS | {"font"}
TEXTUAL = frozenset(["txt", "csv", "html", "xml", "json", "ics", "vcf", "eml", "emlx", "mbox", "svg", "script"])
#: Names of files that are text, and that Windows or macOS runs or follows all the same.
_SCRIPTS = frozenset({
    "js", "jse", "vbs", "vbe", "vb", "wsf", "wsh", "wsc", "sct", "hta", "htc", "bat", "cmd", "ps1", "psm1", "psd1",
    "ps1xml", "msh", "sh", "command", "scpt", "reg", "inf", "scf", "url", "webloc", "inetloc", "desktop", "pif",
    "cpl", "msc", "application", "appref-ms", "appinstaller", "jnlp", "gadget", "settingcontent-ms", "library-ms",
    "searchconnector-ms", "search-ms", "diagcfg", "osd", "udl", "iqy", "chm", "hlp", "jar"
})  # fmt: skip
_RUNS = _SCRIPTS | frozenset({
    "exe", "scr", "com", "dll", "ocx", "sys", "drv", "lnk", "msi", "msp", "mst", "xll", "wll", "apk", "appx",
    "appxbundle", "msix", "msixbundle", "diagcab", "deb", "rpm"
})  # fmt: skip
_DOUBLE = re.compile(
    r"\.(?:pdf|doc[xm]?|xls[xmb]?|ppt[xm]?|txt|csv|rtf|od[tsp]|jtd|jpe?g|png|gif|bmp|tiff?|heic|zip|7z|rar|lzh|html?"
    r"|eml|ics|mp[34]|mov|wav)[\s_.\u3000]*\.([a-z0-9-]{2,20})$",
    re.IGNORECASE,
)
_PRINTABLE = frozenset({"pdf", "rtf", "ps", "pgp"})  # kinds that may be text all through
#: Octets by which text is told from what is none.
_SAMPLE = 8192
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_FIELD_LINE = re.compile(rb"(?i)\A(?:from |(?:[!-9;-~]{1,60}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,})")
_PARTS = re.compile(
    rb"(?i)(?:mime-version:[^\r\n]*\r?\n)?content-type:\s*(?:multipart/|message/rfc822|application/(?:x-)?pkcs7-mime)"
)
_BINHEX = b"(This file must be converted with BinHex"
_MAIL_FIELD = re.compile(rb"(?im)^(?:received|from|to|date|subject|message-id|mime-version|content-type|return-path):")

#: Kinds that programs write under each other's extensions: no mismatch worth a word.
_ALIKE = (
    TEXTUAL,
    _IMAGES,
    _RECORDINGS | {"heic"},
    frozenset({"doc", "rtf", "html", "xml", "txt", "eml"}),
    frozenset({"xls", "html", "csv", "xml", "txt", "eml"}),
    frozenset({"doc", "docx"}),  # what programs that export write under the old ending
    frozenset({"xls", "xlsx"}),
    frozenset({"ppt", "pptx"}),
    frozenset({"pgp", "txt"}),
    frozenset({"p7m", "p7s"}),
    frozenset({"msg", "tnef"}),
    frozenset({"applesingle", "appledouble"}),
    frozenset({"zip", "jar", "apk", "msix", "epub"}),
    frozenset({"mdb", "accdb"}),
    frozenset({"plist", "xml", "txt"}),
)


@dataclass(frozen=True, slots=True)
class FileType:
    """media: type by content; short: the short name of it (contract section 9), "" if unknown."""

    media: str
    short: str


_Ranked = tuple[int, int, bytes, str]
#: Signatures with their rank, by where they stand and by their first octet.
_BY_FIRST = [
    (offset, {first: [one for one in ranked if one[2][0] == first] for first in {one[2][0] for one in ranked}})
    for offset in sorted({offset for offset, _, _ in SIGNATURES})
    if (ranked := [(rank, *one) for rank, one in enumerate(SIGNATURES) if one[0] == offset])
]

UNKNOWN = FileType("application/octet-stream", "")


def extension(name: str) -> str:
    """The last extension of a file name, lower case, in its usual spelling ("htm" is "html")."""
    last = name.rpartition(".")[2].strip().lower() if "." in name else ""
    return EXTENSIONS.get(last, last)


def runs_by_name(name: str) -> bool:
    """Whether Windows would run a file of this name."""
    return name.rpartition(".")[2].strip().lower() in _RUNS if "." in name else False


def has_double_extension(name: str) -> bool:
    """Whether a name shows a harmless extension before one that runs ("invoice.pdf.exe")."""
    match = _DOUBLE.search(name)
    return match is not None and match.group(1).lower() in _RUNS


def of_short(short: str) -> FileType:
    """The FileType of a short name."""
    return FileType(MEDIA.get(short, "application/octet-stream"), short if short in MEDIA else "")


def detect(octets: bytes, name: str = "", declared: str = "") -> FileType:
    """The type of a file. Zip and compound files come back as "zip" and "cfb": who opens them looks further."""
    if not octets:
        return FileType("application/x-empty", "")
    head = octets[:1024]
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return of_short("zip")
    if head.startswith(CFB):
        return of_short("cfb")
    if short := _by_signature(octets):
        return of_short(short)
    if b"%PDF-" in head:
        return of_short("pdf")
    if is_container(octets):
        return of_short("p7m")
    return _textual(octets, name, declared)


def is_noise(octets: bytes) -> bool:
    """Whether octets are a file of no known kind for certain, by a look at few of them: `detect` says UNKNOWN then."""
    head = octets[:_SAMPLE]
    if not head or head.startswith((b"PK\x03\x04", b"PK\x05\x06", CFB, b"0", b"\xff\xfe", b"\xfe\xff")):
        return False
    if b"%PDF-" in head[:1024] or _by_signature(octets) or may_be_packets(head) or b"-----BEGIN " in head[:4096]:
        return False
    return bool(_CONTROLS.search(head)) and by_zeros(head) is None


def _by_signature(octets: bytes) -> str:
    if octets[:4] == b"RIFF":
        return RIFF.get(octets[8:12], "")
    if octets[4:8] == b"ftyp":
        return BRANDS.get(octets[8:12], "mp4")
    for _, offset, mark, short in _likely(octets):
        if octets.startswith(mark, offset) and _may_be(short, mark, octets):
            return short
    return FOOTERS.get(octets[-512:-504], "")


def _likely(octets: bytes) -> list[_Ranked]:
    """The signatures whose first octet stands where it must, in their order: of over a hundred, one or two."""
    found: list[_Ranked] = []
    for offset, by_first in _BY_FIRST:
        if offset < len(octets):
            found += by_first.get(octets[offset], ())
    return sorted(found) if len(found) > 1 else found


def _may_be(short: str, mark: bytes, octets: bytes) -> bool:
    """Whether a mark that could begin a text as well stands in a file that is none."""
    if short == "bmp":
        return octets[6:10] == b"\0\0\0\0"
    readable = mark.isascii() and mark.decode().isprintable() and short not in _PRINTABLE
    return not readable or bool(_CONTROLS.search(octets[:8192]))


def mismatch(name: str, found: FileType) -> str:
    """Why name and content disagree, "" if they do not or nobody can tell."""
    wanted = extension(name)
    if not found.short or not wanted or wanted == found.short or found.short in ("cfb", "script"):
        return ""
    if wanted in _SCRIPTS and found.short in TEXTUAL:
        return ""
    if found.short == "appledouble" and name.rpartition("/")[2].startswith("._"):  # macOS adds one to each file
        return ""
    known = wanted in MEDIA or wanted in _SCRIPTS
    if not known or any(wanted in family and found.short in family for family in _ALIKE):
        return ""
    return f"named .{wanted}, is {found.short}"


def _mail(octets: bytes, sample: bytes) -> str:
    """Whether octets are mail: "eml", "mbox" (several), "emlx" (with its length before it), or ""."""
    rest = without_length(sample)
    for short, start in (("eml", sample.lstrip(b"\xef\xbb\xbf \t\r\n")), ("emlx", rest)):
        if _FIELD_LINE.match(start) and len(set(_MAIL_FIELD.findall(start.lower()))) >= 2:
            return "mbox" if short == "eml" and is_mbox(octets) else short
        if short == "eml" and _PARTS.match(start):
            return short
    return ""


def _is_printable(text: str) -> bool:
    return all(sign.isprintable() or sign in "\t\r\n\f" for sign in text[:-1])  # the last may be cut


def _textual(octets: bytes, name: str, declared: str) -> FileType:
    sample = octets[:_SAMPLE]
    if sample[:2] not in (b"\xff\xfe", b"\xfe\xff") and _CONTROLS.search(sample):
        if (wide := by_zeros(sample)) and _is_printable(wide):
            return _textual(wide.encode(), name, declared)  # UTF-16 without a mark, as Windows programs write it
        return of_short("pgp") if is_binary_pgp(octets) else UNKNOWN
    begin = sample[2:] if sample[:2] in (b"\xff\xfe", b"\xfe\xff") else sample
    start = begin.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()  # zeros: of UTF-16
    wanted = extension(name)
    if start.startswith((b"<!doctype html", b"<html")) or wanted == "html":
        return of_short("html")
    if start.startswith((b"<?xml", b"<svg")):
        return of_short("svg" if b"<svg" in start else "html" if b"<html" in start else "xml")
    if start.startswith(b"begin:vcalendar"):
        return of_short("ics")
    if start.startswith(b"begin:vcard"):
        return of_short("vcf")
    if _BINHEX in sample:
        return of_short("hqx")
    if mail := _mail(octets, sample):
        return of_short(mail)
    if start.startswith(b"#!") or wanted in _SCRIPTS:
        return of_short("script")
    if wanted in ("csv", "json", "ics", "vcf", "xml", "eml"):
        return of_short(wanted)
    if declared in ("text/csv", "text/html", "application/json", "message/rfc822"):
        return of_short(
            {"text/csv": "csv", "text/html": "html", "application/json": "json", "message/rfc822": "eml"}[declared]
        )
    return of_short("txt")
