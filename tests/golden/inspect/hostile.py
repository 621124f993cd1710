"""Makers of mails that clients read differently: every known way to write a structure in two readings, around a payload
that nobody sees without the right one.

After the research on parsing ambiguities in mail (Inbox Invasion, CCS 2024): a technique makes an *entity* (header
block and body) out of a payload, a position puts that entity into a mail. `@E` stands for the payload's transfer
encoding, `@T` for its Content-Type line, `@B` for its encoded body, `@P` for a harmless text part.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.golden.inspect.makers import CARD, HEAD, b64, docx, paragraph, part, zip_of

KEYWORD = "KINGFISHER-4471"
_TEXT = f"{KEYWORD}\r\n氏名,番号\r\n山田太郎,{CARD}\r\nこれは送ってはならない一覧です。\r\n"
_PLAIN = part(b"see below\r\n", b"Content-Type: text/plain")


@dataclass(frozen=True)
class Payload:
    """A part that holds the keyword: the value of its Content-Type, its transfer encoding, its encoded body."""

    media: str
    encoding: str
    body: bytes

    def fill(self, template: bytes) -> bytes:
        """A template with this payload in it."""
        head = b"Content-Type: " + self.media.encode()
        for mark, octets in ((b"@T", head), (b"@E", self.encoding.encode()), (b"@P", _PLAIN), (b"@B", self.body)):
            template = template.replace(mark, octets)
        return template

    def raw(self) -> bytes:
        """What is behind the encoding of a base64 payload."""
        return base64.b64decode(self.body)


def _every_octet(text: bytes) -> bytes:
    """Quoted-printable in which each octet is escaped: nothing of it can be read as it stands."""
    escaped = b"".join(b"=%02X" % octet for octet in text)
    return b"=\r\n".join(escaped[n : n + 72] for n in range(0, len(escaped), 72)) + b"\r\n"


PAYLOADS = {
    "docx": Payload("application/octet-stream; name=a.docx", "base64", b64(docx(paragraph(KEYWORD, " ", CARD)))),
    "zip": Payload("application/zip; name=a.zip", "base64", b64(zip_of({"a.csv": _TEXT.encode()}))),
    "csv": Payload('text/csv; charset=shift_jis; name="a.csv"', "base64", b64(_TEXT.encode("cp932"))),
    "text": Payload("text/plain; charset=utf-8", "base64", b64(_TEXT.encode())),
    "qp": Payload("text/plain; charset=utf-8", "quoted-printable", _every_octet(_TEXT.encode())),
}


def _in_multipart(entity: bytes, kind: bytes = b"mixed", edge: bytes = b"=_outer") -> bytes:
    body = b"".join(b"--" + edge + b"\r\n" + one + b"\r\n" for one in (_PLAIN, entity)) + b"--" + edge + b"--\r\n"
    return b"Content-Type: multipart/" + kind + b'; boundary="' + edge + b'"\r\n\r\n' + body


POSITIONS: dict[str, Callable[[bytes], bytes]] = {
    "alone": lambda entity: HEAD + entity,
    "nested": lambda entity: HEAD + _in_multipart(_in_multipart(entity, b"alternative", b"=_inner")),
    "message": lambda entity: HEAD + _in_multipart(b"Content-Type: message/rfc822\r\n\r\n" + HEAD + entity),
}

_CTE = b"Content-Transfer-Encoding"
#: The line, or lines, that say the transfer encoding.
ENCODING_LINES = {
    "plain": b": @E", "blank-behind": b": @E ", "twice-first": b": @E\r\n" + _CTE + b": 7bit",
    "twice-last": b": 7bit\r\n" + _CTE + b": @E", "twice-unknown-first": b": x-nothing\r\n" + _CTE + b": @E",
    "twice-unknown-last": b": @E\r\n" + _CTE + b": x-nothing", "twice-empty-first": b":\r\n" + _CTE + b": @E",
    "twice-empty-last": b": @E\r\n" + _CTE + b":", "twice-binary": b": binary\r\n" + _CTE + b": @E",
    "twice-apart": b": 8bit\r\nX-Between: 1\r\n" + _CTE + b": @E", "thrice": (b": 7bit\r\n" + _CTE) * 2 + b": @E",
    "twice-other": b": x-uuencode\r\n" + _CTE + b": @E",
    "values-first": b": @E, 7bit", "values-last": b": 7bit, @E", "values-blank": b": 7bit @E",
    "values-blank-last": b": @E 7bit", "values-semicolon": b": 7bit; @E", "values-parameter": b": @E; x=7bit",
    "values-slash": b": 7bit/@E", "comment-before": b": (7bit) @E", "comment-behind": b": @E (7bit)",
    "comment-only": b": (@E)", "comment-open": b": (7bit @E", "comment-close": b": 7bit) @E",
    "comment-nested": b": (a (b) 7bit) @E", "comment-folded": b": (a\r\n b) @E", "quoted": b': "@E"',
    "single-quoted": b": '@E'", "angled": b": <@E>", "semicolon": b": @E;", "comma": b": @E,", "dot": b": @E.",
    "colon": b":: @E", "tail": b": @Ex", "head": b": x@E", "nul-before": b": \0@E", "nul-behind": b": @E\0",
    "nul-name": b"\0: @E", "no-blank": b":@E", "tab": b":\t@E", "vertical-tab": b": \x0b@E", "form-feed": b": @E\x0c",
    "no-break-space": b": \xa0@E", "utf8-space": b": \xe3\x80\x80@E", "bom": b": \xef\xbb\xbf@E",
    "word": b": =?us-ascii?Q?@E?=", "folded": b":\r\n @E", "folded-tab": b":\r\n\t@E", "folded-twice": b":\r\n \r\n @E",
    "folded-blank": b": \r\n @E\r\n ", "name-blank": b" : @E", "name-tab": b"\t: @E", "name-fold": b"\r\n : @E",
    "name-comment": b" (x): @E", "no-colon": b" @E", "equals": b"= @E", "injected": b": 7bit\r @E",
    "cr-only": b": 7bit\r" + _CTE + b": @E", "lfcr": b": 7bit\n\r" + _CTE + b": @E",
    "bare-lf": b": 7bit\n" + _CTE + b": @E", "unfolded": b": 7bit\r\n " + _CTE + b": @E",
    "escape": b": \x1b(B@E", "delete": b": \x7f@E", "percent": b": %40@E",
}  # fmt: skip
_MIDDLE = {
    "nul": b"\0", "comment": b"()", "comment-word": b"(x)", "fold": b"\r\n ", "blank": b" ", "hyphen": b"-",
    "cr": b"\r",
    "quote": b'"', "control": b"\x01", "high": b"\xff", "soft-hyphen": b"\xc2\xad",
}  # fmt: skip

#: What stands between the Content-Type field and the encoding field.
BETWEEN_FIELDS = {
    "r": b"\r", "n": b"\n", "nr": b"\n\r", "rrn": b"\r\r\n", "rnn": b"\r\n\n", "rnr": b"\r\n\r", "blank": b"\r\n \r\n",
    "tab": b"\r\n\t\r\n", "junk": b"\r\njunk\r\n", "junk-colon": b"\r\n: junk\r\n", "nul-line": b"\r\n\0\r\n",
    "from": b"\r\nFrom ann\r\n", "ff": b"\r\n\x0c\r\n", "vt": b"\x0b", "nel": b"\x85", "ls": b"\xe2\x80\xa8",
    "leading": b"\r\n ", "rn-c-n": b"\r\nc\n", "long": b"\r\nX-Long: " + b"a" * 70_000 + b"\r\n",
    "fields": b"\r\n" + b"X-A: b\r\n" * 3000, "nn": b"\n\n", "empty-line": b"\r\n\r\n", "dot": b"\r\n.\r\n",
    "comment": b"\r\n(comment)\r\n", "high": b"\r\n\xff\xfe\r\n",
}  # fmt: skip

#: What stands between header and body.
BEFORE_BODY = {
    "rr": b"\r\r", "nn": b"\n\n", "rnr": b"\r\n\r", "nrn": b"\n\r\n", "rnn": b"\r\n\n", "rrn": b"\r\n\r\r\n",
    "blank": b"\r\n \r\n", "tab": b"\r\n\t\r\n", "nul": b"\r\n\0\r\n", "ff": b"\r\n\x0c\r\n", "one": b"\r\n",
    "rnrnrn": b"\r\n\r\n\r\n", "rnrnr": b"\r\n\r\n\r", "text": b"\r\nhello there\r\n",
    "text-blank": b"\r\nhello\r\n\r\n",
    "blank-blank": b"\r\n \r\n\r\n", "nrnr": b"\n\r\n\r", "fields": b"\r\n\r\nX-More: 1\r\n\r\n",
    "type": b"\r\n\r\nContent-Type: text/plain\r\n\r\n",
}  # fmt: skip

#: The Content-Type of a multipart and its delimiter; `@D` is a line that begins a part, `@C` the closing one.
_BODY = b"\r\n\r\n@D@P@D@T\r\n" + _CTE + b": @E\r\n\r\n@B@C"
TYPES = {
    "mixed": b"multipart/mixed; boundary=edge", "unknown": b"multipart/x-odd; boundary=edge",
    "upper": b"MULTIPART/MIXED; BOUNDARY=edge", "none": b"multipart/mixed", "plain": b"text/plain",
    "plain-boundary": b"text/plain; boundary=edge", "octets": b"application/octet-stream; boundary=edge",
    "half": b"multipart; boundary=edge", "slash": b"multipart/; boundary=edge",
    "blank": b"multipart /mixed; boundary=edge",
    "nul-start": b"\0multipart/mixed; boundary=edge", "nul-middle": b"multi\0part/mixed; boundary=edge",
    "overlap": b"multipart/mixedmultipart/mixed; boundary=edge", "comma": b"text/plain, multipart/mixed; boundary=edge",
    "comma-last": b"multipart/mixed, text/plain; boundary=edge", "quoted": b'"multipart/mixed"; boundary=edge',
    "comment": b"(text/plain) multipart/mixed; boundary=edge", "comment-in": b"multipart(x)/mixed; boundary=edge",
    "word": b"=?us-ascii?Q?multipart/mixed?=; boundary=edge", "no-semicolon": b"multipart/mixed boundary=edge",
    "two-values": b"text/plain; multipart/mixed; boundary=edge", "tail": b"multipart/mixed x; boundary=edge",
    "repeated-last": b"multipart/mixed; boundary=other; boundary=edge",
    "repeated-first": b"multipart/mixed; boundary=edge; boundary=other",
    "comma-param": b"multipart/mixed; boundary=edge, boundary=other",
    "comma-value": b"multipart/mixed; boundary=other,edge", "comma-first": b"multipart/mixed; boundary=edge,other",
    "comment-value": b"multipart/mixed; boundary=edge(other)",
    "comment-value-first": b"multipart/mixed; boundary=(x)edge",
    "comment-name": b"multipart/mixed; (x)boundary(y)=(z)edge", "comment-hides": b"multipart/mixed; (boundary=edge)",
    "comment-open": b"multipart/mixed; boundary=(edge", "comment-close": b"multipart/mixed; boundary=edge)",
    "half-quoted": b'multipart/mixed; boundary="edge', "half-quoted-end": b'multipart/mixed; boundary=edge"',
    "quoted-middle": b'multipart/mixed; boundary=ed"ge', "quoted-tail": b'multipart/mixed; boundary="edge"other',
    "quoted-blank": b'multipart/mixed; boundary="edge "', "quoted-leading": b'multipart/mixed; boundary=" edge"',
    "single-quoted": b"multipart/mixed; boundary='edge'", "escaped": b'multipart/mixed; boundary="e\\dge"',
    "quoted-empty": b'multipart/mixed; boundary=""edge', "quoted-two": b'multipart/mixed; boundary="ed""ge"',
    "empty": b"multipart/mixed; boundary=", "empty-quoted": b'multipart/mixed; boundary=""',
    "empty-then": b"multipart/mixed; boundary=; boundary=edge", "2231": b"multipart/mixed; boundary*=us-ascii''edge",
    "2231-percent": b"multipart/mixed; boundary*=us-ascii''%65dge",
    "2231-sections": b"multipart/mixed; boundary*0=ed; boundary*1=ge",
    "2231-order": b"multipart/mixed; boundary*1=ge; boundary*0=ed",
    "2231-gap": b"multipart/mixed; boundary*0=edge; boundary*2=x",
    "2231-both": b"multipart/mixed; boundary=other; boundary*=us-ascii''edge",
    "2231-both-last": b"multipart/mixed; boundary*=us-ascii''other; boundary=edge",
    "2231-sections-both": b"multipart/mixed; boundary*0=ot; boundary*1=her; boundary=edge",
    "percent": b"multipart/mixed; boundary=%65dge", "word-value": b'multipart/mixed; boundary="=?us-ascii?Q?edge?="',
    "nul-name": b"multipart/mixed; bound\0ary=edge", "nul-value": b"multipart/mixed; boundary=ed\0ge",
    "nul-tail": b"multipart/mixed; boundary=edge\0other", "nul-head": b"multipart/mixed; boundary=\0edge",
    "name-blank": b"multipart/mixed; boundary =edge", "value-blank": b"multipart/mixed; boundary= edge",
    "fold-equals": b"multipart/mixed; boundary\r\n =edge", "fold-value": b"multipart/mixed; boundary=\r\n edge",
    "fold-inside": b"multipart/mixed; boundary=ed\r\n ge", "fold-quoted": b'multipart/mixed; boundary="ed\r\n ge"',
    "fold-empty": b"multipart/mixed;\r\n \r\n boundary=edge", "unfolded": b"multipart/mixed;\r\nboundary=edge",
    "colon": b"multipart/mixed; boundary:edge", "two-equals": b"multipart/mixed; boundary==edge",
    "two-semicolons": b"multipart/mixed;; boundary=edge;", "tail-param": b"multipart/mixed; boundary=edge; x",
    "inside-other": b'multipart/mixed; x="; boundary=other; "; boundary=edge',
    "inside-other-true": b'multipart/mixed; x="; boundary=edge; "; boundary=other',
    "prefixed-name": b"multipart/mixed; x-boundary=other; boundary=edge",
    "prefixed-true": b"multipart/mixed; x-boundary=edge; boundary=other",
    "semicolon-value": b"multipart/mixed; boundary=ed;ge", "tab": b"multipart/mixed;\tboundary=edge",
    "wrong": b"multipart/mixed; boundary=other", "case": b"multipart/mixed; boundary=EDGE",
    "prefix": b"multipart/mixed; boundary=edg", "longer": b"multipart/mixed; boundary=edge1",
    "field-twice-first": b"multipart/mixed; boundary=edge\r\nContent-Type: text/plain",
    "field-twice-last": b"text/plain\r\nContent-Type: multipart/mixed; boundary=edge",
    "field-twice-other": b"multipart/mixed; boundary=other\r\nContent-Type: multipart/mixed; boundary=edge",
    "field-twice-same": b"multipart/mixed; boundary=edge\r\nContent-Type: multipart/mixed; boundary=other",
    "field-empty-first": b"\r\nContent-Type: multipart/mixed; boundary=edge",
    "field-html-last": b"text/html\r\nContent-Type: multipart/mixed; boundary=edge",
    "encoded": b"multipart/mixed; boundary=edge\r\n" + _CTE + b": base64",
    "encoded-qp": b"multipart/mixed; boundary=edge\r\n" + _CTE + b": quoted-printable",
    "encoded-odd": b"multipart/mixed; boundary=edge\r\n" + _CTE + b": x-odd",
    "digest": b"multipart/digest; boundary=edge", "message": b"message/rfc822; boundary=edge",
    "charset": b"multipart/mixed; charset=utf-16; boundary=edge",
    "long": b"multipart/mixed; x=" + b"y" * 5000 + b"; boundary=edge",
    "many": b"multipart/mixed; " + b"x=y; " * 500 + b"boundary=edge", "vt": b"multipart/mixed;\x0bboundary=edge",
}  # fmt: skip

#: The delimiter lines: what begins a part, what closes.
DELIMITERS = {
    "blank-before": (b" --edge\r\n", b" --edge--\r\n"), "blank-inside": (b"-- edge\r\n", b"-- edge--\r\n"),
    "blank-behind": (b"--edge \r\n", b"--edge-- \r\n"), "tab-behind": (b"--edge\t\r\n", b"--edge--\r\n"),
    "one-dash": (b"-edge\r\n", b"-edge--\r\n"), "no-dash": (b"edge\r\n", b"edge\r\n"), "three": (b"---edge\r\n",
    b"---edge--\r\n"),
    "lf": (b"--edge\n", b"--edge--\n"), "cr": (b"--edge\r", b"--edge--\r"), "rrn": (b"--edge\r\r\n", b"--edge--\r\r\n"),
    "tail": (b"--edgex\r\n", b"--edgex--\r\n"), "tail-blank": (b"--edge x\r\n", b"--edge-- x\r\n"),
    "unclosed": (b"--edge\r\n", b""),
    "no-dash-end": (b"--edge\r\n", b"--edge\r\n"), "closing-only": (b"--edge--\r\n", b"--edge--\r\n"),
    "nul": (b"--ed\0ge\r\n", b"--edge--\r\n"), "nul-behind": (b"--edge\0\r\n", b"--edge--\0\r\n"),
    "case": (b"--EDGE\r\n", b"--EDGE--\r\n"),
    "quoted": (b'--"edge"\r\n', b'--"edge"--\r\n'), "blank-line": (b"--edge\r\n\r\n", b"--edge--\r\n"),
    "empty": (b"--\r\n", b"----\r\n"), "one-dash-end": (b"--edge-\r\n", b"--edge-\r\n"), "comment": (b"--edge (x)\r\n",
    b"--edge--\r\n"),
    "nbsp": (b"--edge\xa0\r\n", b"--edge--\r\n"), "vt": (b"--edge\x0b\r\n", b"--edge--\x0b\r\n"),
    "dashes": (b"--edge----\r\n", b"--edge--\r\n"),
    "three-end": (b"--edge\r\n", b"--edge---\r\n"), "nul-before": (b"\0--edge\r\n", b"\0--edge--\r\n"),
}  # fmt: skip

_PART = b"@T\r\n" + _CTE + b": @E\r\n\r\n@B"
_MIXED = b"Content-Type: multipart/mixed; boundary=edge\r\n\r\n"
_INNER = b"Content-Type: multipart/mixed; boundary=@I\r\n\r\n"
#: Structures in which a part stands where only some look.
PLACES = {
    "preamble": _MIXED + _PART + b"\r\n--edge\r\n@P--edge--\r\n",
    "epilogue": _MIXED + b"--edge\r\n@P--edge--\r\n" + _PART,
    "behind-the-end": _MIXED + b"--edge\r\n@P--edge--\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "first-is-end": _MIXED + b"--edge--\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "preamble-other-edge": _MIXED + b"--x\r\n" + _PART + b"--x--\r\n--edge\r\n@P--edge--\r\n",
    "inner-same": _MIXED + b"--edge\r\n" + _INNER.replace(b"@I",
    b"edge") + b"--edge\r\n" + _PART + b"--edge--\r\n--edge--\r\n",
    "inner-prefix": _MIXED + b"--edge\r\n" + _INNER.replace(b"@I",
    b"ed") + b"--ed\r\n" + _PART + b"--ed--\r\n--edge--\r\n",
    "inner-longer": _MIXED + b"--edge\r\n" + _INNER.replace(b"@I",
    b"edge-1") + b"--edge-1\r\n" + _PART + b"--edge-1--\r\n--edge--\r\n",
    "inner-none": _MIXED + b"--edge\r\nContent-Type: multipart/mixed\r\n\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "inner-unclosed": _MIXED + b"--edge\r\n" + _INNER.replace(b"@I", b"in") + b"--in\r\n" + _PART + b"--edge--\r\n",
    "inner-no-dash": _MIXED + b"--edge\r\n" + _INNER.replace(b"@I",
    b"in") + b"--edge\r\n" + _PART + b"--in\r\n@P--in--\r\n--edge--\r\n",
    "in-text": b"Content-Type: text/plain\r\n\r\nhello\r\n" + _PART,
    "in-text-edged": b"Content-Type: text/plain\r\n\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "in-html-edged": b"Content-Type: text/html\r\n\r\n<p>x\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "header-in-body": b"X-Nothing: 1\r\n\r\n" + _PART, "no-header": b"\r\n" + _PART,
    "edge-in-header": b"Content-Type: multipart/mixed; boundary=edge\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "no-empty-line": _MIXED.rstrip() + b"\r\n--edge\r\n@P--edge\r\n" + _PART + b"--edge--\r\n",
    "edge-glued": _MIXED + b"--edge\r\n@P--edge\r\n" + _PART.rstrip() + b"--edge--\r\n",
    "message-encoded": b"Content-Type: message/rfc822\r\n" + _CTE + b": 7bit\r\n\r\n" + HEAD + _PART,
    "message-empty-line": b"Content-Type: message/rfc822\r\n\r\n\r\n" + HEAD + _PART,
    "message-as-text": b"Content-Type: text/plain; name=a.eml\r\n\r\n" + HEAD + _PART,
    "external": b"Content-Type: message/external-body; access-type=x\r\n\r\n" + _PART,
    "partial": b"Content-Type: message/partial; id=1; number=1; total=1\r\n\r\n" + HEAD + _PART,
    "report-text": _MIXED + b"--edge\r\nContent-Type: message/delivery-status\r\n\r\n" + _PART + b"--edge--\r\n",
    "headers-only": b"Content-Type: text/rfc822-headers\r\n\r\n" + _PART,
    "digest": b"Content-Type: multipart/digest; boundary=edge\r\n\r\n--edge\r\n\r\n" + HEAD + _PART + b"--edge--\r\n",
    "related-unused": b"Content-Type: multipart/related; boundary=edge; start=<1>\r\n\r\n--edge\r\n"
    b"@P--edge\r\n" + _PART + b"--edge--\r\n",
    "signed-third": b"Content-Type: multipart/signed; boundary=edge\r\n\r\n--edge\r\n@P--edge\r\n"
    b"@P--edge\r\n" + _PART + b"--edge--\r\n",
    "encrypted-third": b"Content-Type: multipart/encrypted; boundary=edge\r\n\r\n--edge\r\n"
    b"@P--edge\r\n" + _PART + b"--edge--\r\n",
    "appledouble": b"Content-Type: multipart/appledouble; boundary=edge\r\n\r\n--edge\r\n" + _PART + b"--edge--\r\n",
    "disposition-twice": b"@T\r\nContent-Disposition: inline\r\nContent-Disposition: attachment; "
    b"filename=a\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-missing": _CTE + b": @E\r\n\r\n@B", "type-empty": b"Content-Type:\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-image": b"Content-Type: image/png\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-junk": b"Content-Type: @@@\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-multipart": b"Content-Type: multipart/mixed\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-multipart-edge": _MIXED.rstrip() + b"\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-message": b"Content-Type: message/rfc822\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-status": b"Content-Type: message/delivery-status\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-signature": b"Content-Type: application/pgp-signature\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-smime": b"Content-Type: application/pkcs7-mime\r\n" + _CTE + b": @E\r\n\r\n@B",
    "type-calendar": b"Content-Type: text/calendar\r\n" + _CTE + b": @E\r\n\r\n@B",
}  # fmt: skip


def _lines(body: bytes, width: int, end: bytes = b"\r\n") -> bytes:
    letters = b"".join(body.split())
    return b"".join(letters[n : n + width] + end for n in range(0, len(letters), width))


def _blocks(raw: bytes, size: int) -> bytes:
    """Each stretch of octets encoded for itself, with its padding."""
    return b"".join(base64.b64encode(raw[n : n + size]) + b"\r\n" for n in range(0, len(raw), size))


def _junk(junk: bytes, every: int = 9) -> Callable[[Payload], bytes]:
    return lambda one: junk.join(one.body[n : n + every] for n in range(0, len(one.body), every))


def _wide(width: int) -> Callable[[Payload], bytes]:
    return lambda one: _lines(one.body, width)


BASE64: dict[str, Callable[[Payload], bytes]] = {
    **{f"width-{n}": _wide(n) for n in (1, 2, 3, 5, 6, 7, 61, 77, 998)},
    "one-line": lambda one: b"".join(one.body.split()), "lf": lambda one: one.body.replace(b"\r", b""),
    "cr": lambda one: one.body.replace(b"\n", b""), "rrn": lambda one: one.body.replace(b"\n", b"\r\n"),
    "blank-lines": lambda one: _lines(one.body, 76, b"\r\n\r\n"),
    "blank-start": lambda one: b"\r\n\r\n \r\n" + one.body,
    "padded-40": lambda one: _blocks(one.raw(), 40), "padded-1": lambda one: _blocks(one.raw(), 1),
    "padded-first": lambda one: _blocks(one.raw()[:1], 1) + b64(one.raw()[1:]),
    "equals-lines": lambda one: _lines(one.body, 76, b"\r\n=\r\n"), "equals-start": lambda one: b"====\r\n" + one.body,
    "equals-ends": lambda one: _lines(one.body, 76, b"=\r\n"), "equals-behind": lambda one: one.body + b"====\r\n",
    "equals-inside": _junk(b"="), "equals-two": _junk(b"=="), "equals-three": _junk(b"==="),
    "unpadded": lambda one: one.body.replace(b"=", b""),
    "letter-behind": lambda one: one.body.rstrip() + b"\r\nA\r\n", "letter-line-first": lambda one: b"A\r\n" + one.body,
    "word-line-first": lambda one: b"Hello\r\n" + one.body, "word-line-last": lambda one: one.body + b"Hello\r\n",
    "text-first": lambda one: b"Hello, world!\r\n" + one.body, "text-last": lambda one: one.body + b"Hello, world!\r\n",
    "text-between": lambda one: one.body[:78] + b"Hello, world!\r\n" + one.body[78:],
    "urlsafe": lambda one: one.body.replace(b"+", b"-").replace(b"/", b"_"),
    "data-uri": lambda one: b"data:text/plain;base64," + one.body,
    "quoted": lambda one: b'"' + one.body.rstrip() + b'"',
    "commented": lambda one: b"(comment)\r\n" + one.body, "html": lambda one: b"<pre>" + one.body + b"</pre>",
    "reply-marks": lambda one: b"".join(b"> " + line + b"\r\n" for line in one.body.split()),
    "stuffed": lambda one: b"".join(b"." + line + b"\r\n" for line in one.body.split()),
    "as-qp": lambda one: one.body.replace(b"\r\n", b"=\r\n"), "escaped": lambda one: one.body.replace(b"=", b"=3D"),
    "soft": lambda one: _lines(one.body, 30, b"=\r\n"), "twice": lambda one: one.body + one.body,
    "armour": lambda one: b"-----BEGIN X-----\r\n" + one.body + b"-----END X-----\r\n",
    "checksum": lambda one: one.body + b"=abcd\r\n",
    "begin-base64": lambda one: b"begin-base64 644 a.bin\r\n" + one.body + b"====\r\n",
    "footer": lambda one: one.body + b"\r\n____\r\nlist@x.example\r\n",
    **{f"junk-{junk.hex()}": _junk(junk) for junk in (b" ", b"\0", b"*", b"-", b"!", b"\xff", b"\t", b"\x0b",
    b"\xc2\xa0", b".", b",", b"&", b"\r", b"\r\n ")},
}  # fmt: skip

QUOTED: dict[str, Callable[[Payload], bytes]] = {
    "lf": lambda one: one.body.replace(b"\r", b""), "cr": lambda one: one.body.replace(b"\n", b""),
    "rrn": lambda one: one.body.replace(b"\r\n", b"\r\r\n"), "blanks": lambda one: one.body.replace(b"=\r\n",
    b"= \t\r\n"),
    "lower": lambda one: one.body.lower(), "mixed": lambda one: one.body.replace(b"=4B", b"=4b"),
    "end": lambda one: one.body.rstrip() + b"=",
    "invalid": lambda one: b"=XY=ZZ" + one.body, "half": lambda one: one.body.rstrip() + b"=4",
    "equals-equals": lambda one: b"==" + one.body,
    "long": lambda one: one.body.replace(b"=\r\n", b""),
    "nul": lambda one: one.body.replace(b"=4B", b"=4B\0"),
    "split": lambda one: one.body.replace(b"=49", b"=4=\r\n9"),
    "escaped-twice": lambda one: one.body.replace(b"=", b"=3D"),
    "header-first": lambda one: b"X-A: b\r\n\r\n" + one.body,
    "double": lambda one: one.body.replace(b"=49", b"==49"),
}  # fmt: skip


def entities(payload: Payload) -> Iterator[tuple[str, bytes]]:
    """Every technique's name and the entity that it makes of this payload."""
    for name, line in ENCODING_LINES.items():
        yield f"encoding-{name}", payload.fill(b"@T\r\n" + _CTE + line + b"\r\n\r\n@B")
    for name, middle in _MIDDLE.items():
        inside = payload.encoding[:3].encode() + middle + payload.encoding[3:].encode()
        yield f"encoding-value-{name}", payload.fill(b"@T\r\n" + _CTE + b": " + inside + b"\r\n\r\n@B")
        yield f"encoding-name-{name}", payload.fill(b"@T\r\n" + _CTE[:9] + middle + _CTE[9:] + b": @E\r\n\r\n@B")
        yield (
            f"type-name-{name}",
            payload.fill(b"Cont" + middle + b"ent-Type" + _edged(b": multipart/mixed; boundary=edge")),
        )
    for name, between in BETWEEN_FIELDS.items():
        yield f"between-{name}", payload.fill(b"@T" + between + _CTE + b": @E\r\n\r\n@B")
        yield (
            f"between-type-{name}",
            payload.fill(b"X-A: b" + between + b"Content-Type" + _edged(b": multipart/mixed; boundary=edge")),
        )
    for name, before in BEFORE_BODY.items():
        yield f"before-{name}", payload.fill(b"@T\r\n" + _CTE + b": @E" + before + b"@B")
        yield (
            f"before-multipart-{name}",
            payload.fill(b"Content-Type" + _edged(b": multipart/mixed; boundary=edge", before=before)),
        )
    for name, value in TYPES.items():
        yield f"type-{name}", payload.fill(b"Content-Type" + _edged(b": " + value))
    for name, (opening, closing) in DELIMITERS.items():
        yield (
            f"delimiter-{name}",
            payload.fill(b"Content-Type" + _edged(b": multipart/mixed; boundary=edge", opening, closing)),
        )
        yield (
            f"delimiter-quoted-{name}",
            payload.fill(b"Content-Type" + _edged(b': multipart/mixed; boundary="edge"', opening, closing)),
        )
    for name, template in PLACES.items():
        yield f"place-{name}", payload.fill(template)
    bodies = BASE64 if payload.encoding == "base64" else QUOTED
    for name, change in bodies.items():
        yield f"{payload.encoding}-{name}", replace(payload, body=change(payload)).fill(_PART)


def _edged(
    value: bytes, opening: bytes = b"--edge\r\n", closing: bytes = b"--edge--\r\n", before: bytes = b"\r\n\r\n"
) -> bytes:
    return value + _BODY.replace(b"\r\n\r\n@D", before + b"@D", 1).replace(b"@D", opening).replace(b"@C", closing)
