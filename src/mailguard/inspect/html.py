"""HTML to the text that a client shows, and apart from it the text that it does not show.

Inline tags do not cut words (a number may have every digit in a tag of its own), blocks end lines, cells are told
apart by tabs so that tables stay tables. What is written and not shown (display:none, comments, data: URIs ...) is
returned too: a rule must see it. A scanner of our own, since the standard parser is slow and has had quadratic
corners; linear, never raises.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

_TAG = re.compile(r"""</?([A-Za-z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*+)>""")
_OPEN_TAG = re.compile(r"</?([A-Za-z][^\s/>]*)([^>]*)>?")
_ATTRIBUTE = re.compile(r"""([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_META_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_.:-]{2,40})""")
_XML_CHARSET = re.compile(rb"""<\?xml[^>]{0,100}encoding\s*=\s*["']([A-Za-z0-9_.:-]{2,40})["']""")
_ANY_TAG = re.compile(r"<[^<>]{1,10000}>")
_QUOTED_VALUE = re.compile(r"""="([^"]*)"|='([^']*)'""")
_WHITE = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:[;!\"']|$)|mso-hide\s*:\s*all"
    r"|(?<![-\w])opacity\s*:\s*0(?:\.0+)?\s*(?:[;!\"']|$)|max-height\s*:\s*0(?:px)?\s*(?:[;!\"']|$)",
    re.IGNORECASE,
)
_DATA_URI = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)?((?:;[^,;]{0,60})*),(.*)", re.IGNORECASE | re.DOTALL)
_CSS_CONTENT = re.compile(r"""(?<![\w-])content\s*:\s*(?:"([^"]{2,2000})"|'([^']{2,2000})')""")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_CELLS = frozenset({"td", "th"})
_RAW = frozenset({"script", "style", "title", "textarea", "noscript", "xmp", "template"})
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


@dataclass(slots=True)
class HtmlText:
    """shown: what a reader sees; hidden: text written to be unseen; aside: alt texts, titles, comments."""

    shown: str = ""
    hidden: str = ""
    aside: str = ""


@dataclass(slots=True)
class _State:
    shown: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    invisible: str = ""  # the tag that began an unseen stretch
    depth: int = 0  # how often that tag is open inside it
    preformatted: int = 0


def html_text(source: str) -> HtmlText:
    """The texts of an HTML document or fragment."""
    state = _State()
    position, length = 0, len(source)
    last_comment, quotes_fail = source.rfind("-->"), 0
    while position < length:
        start = source.find("<", position)
        if start < 0:
            start = length
        if start > position:
            _text(state, source[position:start])
        if start == length:
            break
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4) if start < last_comment else -1
            _comment(state, source[start + 4 : end if end >= 0 else length])
            position = end + 3 if end >= 0 else length
            continue
        match = _TAG.match(source, start) if quotes_fail < 20 else None
        if match is None:
            quotes_fail += 1
            match = _OPEN_TAG.match(source, start)
        if match is None:
            position = _declaration(state, source, start)
            continue
        name = match.group(1).lower()
        position = match.end()
        closing = source[start + 1] == "/"
        if name in _RAW and not closing:
            position = _raw(state, source, name, position)
        else:
            _tag(state, name, match.group(2), closing)
    return HtmlText(_lines(state.shown), _lines(state.hidden), _lines(state.aside))


def declared_charset(octets: bytes) -> str:
    """The charset that the document itself names (meta or XML declaration) in its first kilobytes, "" if none."""
    match = _XML_CHARSET.search(octets[:400]) or _META_CHARSET.search(octets[:8192])
    return match.group(1).decode("ascii") if match else ""


def xml_text(source: str) -> str:
    """The character data of any XML, elements on lines of their own, and the values of attributes behind it."""
    values = [
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
    return match.group(1) or "text/plain", payload


def _declaration(state: _State, source: str, start: int) -> int:
    if source.startswith(("<!", "<?"), start):
        end = source.find(">", start)
        return end + 1 if end >= 0 else len(source)
    _text(state, "<")
    return start + 1


def _text(state: _State, text: str) -> None:
    text = html.unescape(text) if "&" in text else text
    if not state.preformatted:
        text = _WHITE.sub(" ", text)
    (state.hidden if state.invisible else state.shown).append(text)


def _comment(state: _State, text: str) -> None:
    if text.startswith("[if"):  # for Outlook: its content is shown there
        inner = (
            html_text(text.partition(">")[2].rpartition("<![endif]")[0][:200_000]) if "<!--" not in text else HtmlText()
        )
        text = inner.shown
    if text.strip():
        state.aside.append(text.strip() + "\n")


def _raw(state: _State, source: str, name: str, position: int) -> int:
    """The content of an element in which tags do not count, up to its end tag."""
    end = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(source, position)
    content = source[position : end.start() if end else len(source)]
    if name in ("textarea", "xmp"):
        _text(state, content)
    elif name in ("noscript", "template"):
        inner = _OPEN_TAG.sub(" ", content)
        state.aside.append(_WHITE.sub(" ", html.unescape(inner)) + "\n")
    elif name == "title":
        state.aside.append(html.unescape(content).strip() + "\n")
    elif name == "style":  # generated content is shown; nothing else in a style sheet is text
        state.hidden.extend(f"{one}\n" for pair in _CSS_CONTENT.findall(content) for one in pair if one.strip())
    else:
        state.aside.append(content.strip()[:20_000] + "\n")
    return end.end() if end else len(source)


def _tag(state: _State, name: str, attributes: str, closing: bool) -> None:
    if state.invisible:
        if name == state.invisible:
            state.depth += -1 if closing else 1
            if state.depth == 0:
                state.invisible = ""
    elif not closing and attributes and name not in _VOID and _unseen(attributes):
        state.invisible, state.depth = name, 1
    target = state.hidden if state.invisible else state.shown
    if name in _CELLS:
        if closing:
            target.append("\t")
    elif name in _BLOCKS:
        target.append("\n")
        state.preformatted = (
            max(0, state.preformatted + (-1 if closing else 1)) if name == "pre" else state.preformatted
        )
    if attributes and not closing:
        _attributes(state, name, attributes)


def _unseen(attributes: str) -> bool:
    return _INVISIBLE.search(attributes) is not None or re.search(r"(?<![\w-])hidden(?![\w-])", attributes) is not None


def _attributes(state: _State, name: str, attributes: str) -> None:
    for key, double, single, bare in _ATTRIBUTE.findall(attributes):
        value = double or single or bare
        key = key.lower()
        if key in ("alt", "title", "placeholder", "content") or (key == "value" and name in ("input", "button")):
            if value.strip() and name != "meta":
                state.aside.append(html.unescape(value) + "\n")
        elif value[:5].lower() == "data:":
            found = data_uri(value)
            if found and found[0].startswith("text/"):
                text = found[1].decode("utf-8", "replace")
                state.hidden.append((_OPEN_TAG.sub(" ", text) if "<" in text else text) + "\n")
        elif key == "href" and value[:7].lower() == "mailto:":
            state.aside.append(unquote_to_bytes(value[7:]).decode("utf-8", "replace") + "\n")


def _lines(pieces: list[str]) -> str:
    text = re.sub(r" *\n[ \n]*\n", "\n\n", "".join(pieces).replace("\xa0", " "))
    return "\n".join(line.strip(" ") for line in text.split("\n")).strip("\n")
