"""Coverage-guided fuzzing of the reader with atheris: `make fuzz` (FUZZ_RUNS=1000000), not part of `make test`.

The first octet of each input says what the rest is: a mail, or a file that a mail carries. Seeds are the golden mails
and real files. A run fails on any exception, on a finding that says a reader failed, on more than ten seconds, and on
memory beyond a worker's. Reading happens in this very process, so that the fuzzer sees which lines ran.

    PYTHONPATH=. python tests/fuzz/endless.py [libFuzzer's flags] CORPUS-FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mailguard.inspect", "mailguard.mail"]):
    from mailguard.inspect.content import FileIn
    from mailguard.inspect.files import Files
    from mailguard.inspect.limits import Budget, ReadingLimits
    from mailguard.inspect.reader import read_mail
    from mailguard.inspect.structure.parts import Parts
    from mailguard.mail.facts import FINDING_CODES
    from mailguard.mail.facts_json import facts_from_json, facts_to_json

_LIMITS = ReadingLimits(expanded_bytes=4 * 2**20, mail_bytes=2**20, members=200, parts=200)
_NAMES = ("", "a.docx", "b.xlsx", "c.pdf", "d.zip", "e.txt", "f.eml", "g.vcf", "h.rtf", "i.msg", "j.ics", "k.csv")
_CODES = set(FINDING_CODES)


def one_input(octets: bytes) -> None:
    """One run. Raises AssertionError, or whatever the reader should have kept to itself."""
    if not octets:
        return
    if octets[0] < 0x80:
        facts = read_mail(octets[1:], _LIMITS)
        details = [finding.detail for finding in facts.findings]
        assert {finding.code for finding in facts.findings} <= _CODES
        assert facts_from_json(facts_to_json(facts, unmasked=True)) == facts
    else:
        budget = Budget(_LIMITS)
        files: Files = Parts(budget).files
        files.open(FileIn(_NAMES[octets[0] % len(_NAMES)], "", octets[1:], "file"))
        details = [finding.detail for finding in budget.findings()]
    for detail in details:
        # A library may give up on a broken file in its own way; code of ours may not.
        assert not detail.startswith("the reader failed"), detail


def sow(folder: Path) -> None:
    """Write the seeds: golden mails, and the files in them."""
    from tests.golden.inspect.cases import CASES

    folder.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(CASES):
        (folder / f"mail-{number}").write_bytes(b"\x00" + case.octets[:65536])
    for path in Path(__file__).parent.glob("seeds/*"):
        (folder / path.name).write_bytes(b"\x80" + path.read_bytes())


if __name__ == "__main__":
    sow(Path(sys.argv[-1]))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
