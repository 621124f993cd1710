"""The results of examples as JUnit XML, which every CI service reads: a suite a policy file, a case an example.

The XML is the standard library's; characters that XML 1.0 cannot hold are written as U+FFFD, whatever a policy says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from mailguard.policy.examples import ExampleResult

#: XML 1.0 section 2.2, Char.
_NOT_CHAR = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Iterable[ExampleResult]) -> bytes:
    """A document with all results, UTF-8."""
    files: dict[str, list[ExampleResult]] = {}
    for result in results:
        files.setdefault(result.place.file, []).append(result)
    everything = [result for some in files.values() for result in some]
    root = ElementTree.Element("testsuites", _counts("mailguard policy test", everything))
    for name, some in files.items():
        suite = ElementTree.SubElement(root, "testsuite", _counts(name, some))
        for result in some:
            _add_case(suite, result)
    ElementTree.indent(root)
    octets: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return octets + b"\n"


def _counts(name: str, some: list[ExampleResult]) -> dict[str, str]:
    failures = sum(not result.passed for result in some)
    return {"name": _chars(name), "tests": str(len(some)), "failures": str(failures), "errors": "0"}


def _add_case(suite: ElementTree.Element, result: ExampleResult) -> None:
    place = result.place
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": _chars(result.rule or place.file),
            "name": _chars(f"line {place.line}: {result.title}"),
            "file": _chars(place.file),
            "line": str(place.line),
        },
    )
    if not result.passed:
        said = f"expected {result.expected}, got {result.got}"
        failure = ElementTree.SubElement(case, "failure", {"message": said, "type": "verdict"})
        where = f"{place.file}:{place.line}:{place.column}: {said}"
        failure.text = _chars("\n".join([where, *result.reasons]))


def _chars(text: str) -> str:
    return _NOT_CHAR.sub("\ufffd", text)
