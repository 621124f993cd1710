"""A PDF opened: its pages, what stands beside them, the files that it embeds.

Two readers look at it. pdfium turns pages into text; a scan of our own (`objects`, `strings`) finds what is in no page,
and what a broken file still has. Passwords are tried that the mail itself gives away. What a PDF that anybody can open
forbids (printing, copying: an owner password) does not concern us: such a file is not encrypted to its reader.
"""

from __future__ import annotations

import contextlib
import io
import re
from itertools import islice
from typing import Any

from mailguard.inspect.content import Content, FileIn
from mailguard.inspect.limits import Budget
from mailguard.inspect.pdf.embedded import embedded_files, has_files
from mailguard.inspect.pdf.objects import Objects, scan
from mailguard.inspect.pdf.pages import pages_of
from mailguard.inspect.pdf.strings import beside_pages, does_launch, does_script

_OBJECT = re.compile(rb"\b(\d{1,10})\s{1,4}\d{1,5}\s{1,4}obj\b")
_PAGE = re.compile(rb"/Type\s*/Page\b")
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d|<<)")
_MOST_STRINGS = 50_000
_TAIL, _PADDING = 4096, 65536  # the end mark stands so near to the end, padding aside
_LOCKED = (4, 5)  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY: certificates, rights management
#: A document is read if fewer than one page in so many shows something that is not text: a photograph, a title page.
_FEW = 5


def read_pdf(file: FileIn, budget: Budget) -> Content:
    """What a PDF says and holds. Never raises for what is in it, but for memory."""
    content = Content()
    objects = scan(file.octets, budget.left)
    tail = file.octets[-_PADDING:].rstrip(b"\0\t\n\f\r ")[-_TAIL:]
    if b"%%EOF" not in tail or b"startxref" not in tail:
        budget.find("unparseable_attachment", file.where, "pdf that is cut off")
        content.whole = False
    document = None if objects.bomb else _opened(file, objects, budget, content)
    if _ENCRYPTED.search(objects.plain):
        objects = _decrypted(document, budget)
    if objects.bomb:
        budget.find("bomb", file.where, objects.bomb)
    elif document is not None:
        _read_pages(document, file, budget, content)
    content.whole = content.whole and document is not None and not objects.bomb
    _add_rest(file, objects, document, budget, content)
    return content


def _opened(file: FileIn, objects: Objects, budget: Budget, content: Content) -> Any:
    """The document open in pdfium, None if it cannot be opened; says in `content` whether it needs a password."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        return PdfDocument(file.octets)
    except PdfiumError as error:
        if error.err_code not in _LOCKED:
            content.whole = False
            return _rescued(file, objects, budget)
    content.encrypted, content.whole = True, False
    for password in budget.passwords()[: budget.limits.passwords]:
        with contextlib.suppress(PdfiumError, UnicodeError):
            document = PdfDocument(file.octets, password)
            budget.find("password_in_mail", file.where, "opened with a password that the mail itself gives")
            content.whole = True
            return document
    return None


def _rescued(file: FileIn, objects: Objects, budget: Budget) -> Any:
    """A broken document opened by a page tree of our own over the pages that are left."""
    from pypdfium2 import PdfDocument, PdfiumError

    budget.find("unparseable_attachment", file.where, "pdf that is damaged")
    pages = (_OBJECT.findall(chunk) for chunk in objects.plain.split(b"endobj") if _PAGE.search(chunk))
    numbers = list(dict.fromkeys(found[-1] for found in pages if found))
    if not numbers:
        return None
    kids = b" ".join(b"%b 0 R" % number for number in numbers)
    tree = (
        b"8000001 0 obj\n<</Type/Pages/Count %d/Kids[%b]>>\nendobj\n"
        b"8000000 0 obj\n<</Type/Catalog/Pages 8000001 0 R>>\nendobj\n"
        b"trailer\n<</Root 8000000 0 R/Size 8000002>>\nstartxref\n0\n%%%%EOF\n"
    ) % (len(numbers), kids)
    with contextlib.suppress(PdfiumError):
        return PdfDocument(b"\n".join((file.octets, objects.unpacked, tree)))
    return None


def _decrypted(document: Any, budget: Budget) -> Objects:
    """The objects of an encrypted document as they are without its encryption; none if it could not be opened."""
    from pypdfium2 import raw

    copy = io.BytesIO()
    if document is not None:
        document.save(copy, flags=raw.FPDF_REMOVE_SECURITY)
    return scan(copy.getvalue(), budget.left)


def _read_pages(document: Any, file: FileIn, budget: Budget, content: Content) -> None:
    texts: list[str] = []
    pages = unread = missing = length = 0
    limits = budget.limits
    for page in pages_of(document, limits.pages):
        pages, unread, missing = pages + 1, unread + page.unread, missing + page.missing
        texts.append(page.text)
        length += len(page.text)
        if length > limits.text_chars:
            break
    if pages < len(document):
        budget.find("limit_reached", file.where, f"only the first {pages} pages were read")
        content.whole = False
    if missing:
        budget.find("unparseable_attachment", file.where, f"{missing} pages that cannot be read")
        content.whole = False
    if unread:
        budget.find("not_inspectable", file.where, f"{unread} of {pages} pages without text")
        content.whole = content.whole and unread * _FEW < pages
    content.text = "\n".join(texts)


def _add_rest(file: FileIn, objects: Objects, document: Any, budget: Budget, content: Content) -> None:
    """What stands in no page: strings, actions, files."""
    strings = list(islice(beside_pages(objects), _MOST_STRINGS + 1))
    if len(strings) > _MOST_STRINGS:
        budget.find("limit_reached", file.where, f"only the first {_MOST_STRINGS} strings beside the pages were read")
        content.whole = False
    lines = dict.fromkeys(line for line in strings if line.strip())
    content.text = "\n".join((content.text, *lines)).strip("\n")
    if does_script(objects):
        budget.find("macro", file.where, "JavaScript")
    if does_launch(objects):
        budget.find("executable", file.where, "a PDF that starts a program")
    if has_files(objects, document):
        content.inner = embedded_files(objects, document, budget, file.where)
    elif document is not None:
        document.close()
