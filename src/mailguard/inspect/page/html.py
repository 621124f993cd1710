"""HTML to the text that a client shows, and apart from it the text that it does not show.

Inline tags do not cut words (a number may have every digit in a tag of its own), blocks end lines, cells are told
apart by tabs so that tables stay tables. What is written and not shown (unseen by its style, comments, data: URIs,
alternative texts, where links lead ...) is returned too: a rule must see it. A scanner of our own, since the standard
parser is slow and has had quadratic corners; linear, never raises.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mailguard.inspect.chars.charset import tidy
from mailguard.inspect.content import Inner
from mailguard.inspect.page.css import generated_text, sheet_of, silent_text
from mailguard.inspect.page.looks import Looks

_TAG = re.compile(r"""</?([A-Za-z][^\s/>]*+)((?:[^>"']++|"[^"]*+"?+|'[^']*+'?+)*+)>""")
_OPEN_TAG = re.compile(r"</?([A-Za-z][^\s/>]*+)([^>]*+)>?")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_META_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""")
_XML_CHARSET = re.compile(rb"""<\?xml[^>]{0,100}encoding\s*=\s*["']([A-Za-z0-9_.:-]{2,40})["']""")
_XML_COMMENT = re.compile(r"<!--|-->")
_XML_ENTITY = re.compile(r"""<!ENTITY\s[^<>"']{1,200}["']([^"'<>]*)["']""")
_ANY_TAG = re.compile(r"<[^<>]{1,10000}>")
_QUOTED_VALUE = re.compile(r"""="([^"]*)"|='([^']*)'""")
_WHITE = re.compile(r"[ \t\r\n\f]+")
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
#: CSS Text 3, section 4.1.3: a line end of the source between wide characters is no blank, and parts no word.
_WIDE_WRAP = re.compile(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t\r\n]*(?=[{_WIDE}])")
_COMMENT_END = re.compile(r"--!?>")
_STYLE_TAG = re.compile(r"<(/?)style\b[^>]*>?", re.IGNORECASE)
_DATA_URI = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)?((?:;[^,;]{0,60})*),(.*)", re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "listing", "main", "menu", "nav", "ol", "optgroup", "option", "p",
    "plaintext", "pre", "search", "section", "select", "summary", "table", "caption", "tbody", "tfoot", "thead",
    "title", "tr", "ul",
})  # fmt: skip
_CELLS = frozenset({"td", "th"})
#: Elements in which tags do not count.
_RAW = frozenset({"script", "style", "title", "textarea", "xmp"})
_SHOWN_BESIDE = frozenset({"alt", "title", "placeholder", "aria-label", "label", "summary"})
_META_TEXTS = re.compile(r"description|keywords|author|title|subject|og:|twitter:|refresh", re.IGNORECASE)
_GLOSS = frozenset({"rt", "rp", "rtc"})
_DEEPEST = 3


@dataclass(slots=True)
class HtmlText:
    """shown: what a reader sees; hidden: text written to be unseen; aside: alt texts, titles, comments, links.

    files: what links carry in themselves, by the name of their `download` attribute.
    """

    shown: str = ""
    hidden: str = ""
    aside: str = ""
    files: tuple[Inner, ...] = ()


@dataclass(slots=True)
class _Page:
    """What was seen of a page so far."""

    looks: Looks
    depth: int
    shown: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    files: list[Inner] = field(default_factory=list)
    unclosed: set[str] = field(default_factory=set)  # elements that are never closed from here on
    gloss: bool = False  # in the reading that stands above a word (rt): apart, so that the word stays whole
    preformatted: int = 0
    turned: bool = False

    @property
    def target(self) -> list[str]:
        if self.gloss:
            return self.aside
        return self.hidden if self.looks.hidden else self.shown


def html_text(source: str, depth: int = 0) -> HtmlText:
    """The texts of an HTML document or fragment. depth: pages around this one."""
    page = _Page(Looks(sheet_of(_styles(source))), depth)
    position, length, unquoted = 0, len(source), 0
    while position < length:
        start = source.find("<", position)
        if start < 0:
            start = length
        if start > position:
            _text(page, source[position:start])
        if start == length:
            break
        match = _TAG.match(source, start) if unquoted < 20 else None
        if match is None:
            # No tag, or a quote that is never closed: then it is no quote.
            match = _OPEN_TAG.match(source, start)
            unquoted += match is not None
        position = _declaration(page, source, start) if match is None else _element(page, source, match)
    return HtmlText(_lines(page.shown), _lines(page.hidden), _lines(page.aside), tuple(page.files))


def declared_charset(octets: bytes) -> str:
    """The charset that the document itself names (meta or XML declaration) in its first kilobytes, "" if none."""
    match = _XML_CHARSET.search(octets[:400]) or _META_CHARSET.search(octets[:8192])
    return match.group(1).decode("ascii") if match else ""


def xml_text(source: str) -> str:
    """The character data of any XML, elements on lines of their own, and the values of attributes behind it.

    Comments count as text, the texts of entities as values: neither is shown in its place, but both are there to read.
    """
    entities = _XML_ENTITY.findall(source)
    source = _XML_COMMENT.sub("\n", source)
    values = entities + [
        value for match in _ANY_TAG.findall(source) for pair in _QUOTED_VALUE.findall(match) for value in pair if value
    ]
    body = _ANY_TAG.sub("\n", source.replace("<![CDATA[", "").replace("]]>", ""))
    return _lines([html.unescape(body), "\n", *(f"{html.unescape(value)}\n" for value in values)])


def data_uri(value: str) -> tuple[str, bytes] | None:
    """Media type and content of a data: URI (RFC 2397)."""
    match = _DATA_URI.match(value)
    if match is None:
        return None
    payload = unquote_to_bytes(match.group(3))
    if "base64" in match.group(2).lower():
        letters = re.sub(rb"[^A-Za-z0-9+/_-]", b"", payload)
        try:
            payload = base64.urlsafe_b64decode(
                letters.replace(b"+", b"-").replace(b"/", b"_") + b"=" * (-len(letters) % 4)
            )
        except (binascii.Error, ValueError):
            return None
    return (match.group(1) or "text/plain").lower(), payload


def _styles(source: str) -> list[str]:
    """The contents of the style elements."""
    styles: list[str] = []
    start = -1
    for match in _STYLE_TAG.finditer(source):
        if match.group(1) and start >= 0:
            styles.append(source[start : match.start()])
            start = -1
        elif not match.group(1) and start < 0:
            start = match.end()
    return styles


def _declaration(page: _Page, source: str, start: int) -> int:
    """What begins with "<" and is no tag: a comment, a declaration, CDATA, or the sign itself."""
    if source.startswith("<!--", start):
        end = _COMMENT_END.search(source, start + 2)
        _comment(page, source[start + 4 : end.start() if end else len(source)])
        return end.end() if end else len(source)
    if source.startswith(("<!", "<?", "</"), start):
        end_mark = "]]>" if source.startswith("<![CDATA[", start) else ">"
        end_at = source.find(end_mark, start)
        end_at = end_at if end_at >= 0 else len(source)
        inner = source[start + 2 : end_at].removeprefix("[CDATA[").strip()
        if not re.match(r"(?i)doctype|\[(?:end)?if|xml", inner) and inner:  # browsers take it for a comment
            page.aside.append(inner + "\n")
        return end_at + len(end_mark)
    _text(page, "<")
    return start + 1


def _text(page: _Page, text: str) -> None:
    text = html.unescape(text) if "&" in text else text
    if not page.preformatted:
        text = _WHITE.sub(" ", _WIDE_WRAP.sub("", text) if "\n" in text and not text.isascii() else text)
    if page.turned != page.looks.turned:  # as UAX 9 writes it: `mirrored` reads it
        page.turned = page.looks.turned
        page.target.append("\u202e" if page.turned else "\u202c")
    page.target.append(text)


def _comment(page: _Page, text: str) -> None:
    if text.startswith("[if") and page.depth < _DEEPEST:  # for Outlook: its content is shown there
        _inside(page, text.partition(">")[2].removesuffix("<![endif]"), page.aside)
    elif text.strip():
        page.aside.append(_ANY_TAG.sub(" ", text).strip() + "\n")


def _inside(page: _Page, source: str, target: list[str]) -> None:
    """A page inside the page."""
    inner = html_text(source, page.depth + 1)
    target.extend(f"{text}\n" for text in (inner.shown, inner.hidden, inner.aside) if text)
    page.files.extend(inner.files)


def _element(page: _Page, source: str, match: re.Match[str]) -> int:
    """A tag, with its content where tags do not count in it; returns where to go on."""
    name = match.group(1).lower()
    closing = source[match.start() + 1] == "/"
    if closing:
        _close(page, name)
    else:
        attributes = _attributes(match.group(2)) if match.group(2) else {}
        _open(page, name, attributes)
        _values(page, name, attributes)
    if name in _CELLS:
        if closing:
            page.target.append("\t")
    elif name in _BLOCKS:
        page.target.append("\n")
        if name in ("pre", "listing", "plaintext"):
            page.preformatted = max(0, page.preformatted + (-1 if closing else 1))
    return _raw(page, source, name, match.end()) if name in _RAW and not closing else match.end()


def _raw(page: _Page, source: str, name: str, position: int) -> int:
    """The content of an element in which tags do not count, up to its end tag."""
    end = None if name in page.unclosed else re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, position)
    if end is None:  # one reader shows nothing of the rest, another takes the tag for nothing
        page.unclosed.add(name)
        return position
    content = source[position : end.start()]
    if name in ("textarea", "xmp"):
        _text(page, content)
    elif name == "style":
        page.hidden.extend(f"{one}\n" for one in generated_text(content))
        page.aside.extend(f"{one}\n" for one in silent_text(content))
    else:
        page.aside.append(html.unescape(content).strip() + "\n")
    _close(page, name)
    after = source.find(">", end.end())
    return after + 1 if after >= 0 else len(source)


def _open(page: _Page, name: str, attributes: dict[str, str]) -> None:
    if name in _GLOSS or name in ("rb", "ruby"):
        page.gloss = name in _GLOSS
        page.aside.append(" ")
    page.looks.open(name, attributes)


def _close(page: _Page, name: str) -> None:
    page.gloss = page.gloss and name not in _GLOSS and name != "ruby"
    page.looks.close(name)


def _attributes(source: str) -> dict[str, str]:
    """Names in lower case and values of a tag's attributes; the first of a name counts."""
    found: dict[str, str] = {}
    for key, double, single, bare in _ATTRIBUTE.findall(source):
        value = double or single or bare
        found.setdefault(key.lower(), html.unescape(value) if "&" in value else value)
    return found


def _values(page: _Page, name: str, attributes: dict[str, str]) -> None:
    """What stands in the attributes of a tag: texts, links, files."""
    for key, value in attributes.items():
        start = value[:8].lstrip().lower()
        if not value.strip():
            continue
        if start.startswith("data:"):
            _data(page, value.strip(), attributes.get("download", ""))
        elif key in _SHOWN_BESIDE:
            page.aside.append(value + "\n")
        elif key == "value" and name in ("input", "button", "option", "param"):
            seen = name == "input" and attributes.get("type", "").lower() not in ("hidden", "checkbox", "radio")
            (page.target if seen else page.hidden if name == "input" else page.aside).append(f" {value} ")
        elif key == "srcdoc" and page.depth < _DEEPEST:
            _inside(page, value, page.hidden)
        elif key == "content" and name == "meta":
            if _META_TEXTS.match(
                attributes.get("name") or attributes.get("property") or attributes.get("http-equiv", "")
            ):
                page.aside.append(value + "\n")
        elif start.startswith(("mailto:", "tel:", "sms:")):
            page.aside.append(unquote_to_bytes(value.partition(":")[2]).decode("utf-8", "replace") + "\n")
        elif start.startswith(("http:", "https:")) and "?" in value:
            page.aside.append(unquote_to_bytes(value).decode("utf-8", "replace") + "\n")
        elif "<" in value or ">" in value:  # a quote that another reader closes somewhere else
            page.aside.append(_ANY_TAG.sub(" ", value) + "\n")


def _data(page: _Page, value: str, name: str) -> None:
    """A data: URI: a text is read, a picture is left, anything else is a file."""
    found = data_uri(value)
    if found is None or not found[1]:
        return
    media, octets = found
    if media == "text/html" and page.depth < _DEEPEST and not name:
        _inside(page, octets.decode("utf-8", "replace"), page.hidden)
    elif (media.startswith("text/") or media == "image/svg+xml") and not name:
        page.hidden.append(_ANY_TAG.sub(" ", octets.decode("utf-8", "replace")) + "\n")
    elif not media.startswith(("image/", "font/", "application/font", "application/x-font")) or name:
        page.files.append(Inner(name, octets, len(octets)))


def _lines(pieces: list[str]) -> str:
    """Lines without blanks at their ends and without more than one empty line in a row."""
    lines = [line.strip(" ") for line in tidy("".join(pieces)).replace("\xa0", " ").split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines[:-1]], strict=True) if line or before]
    return "\n".join(kept).strip("\n")
