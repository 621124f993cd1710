"""What the reading of one mail costs: processor time, clock, memory, and how long the event loop stood still meanwhile.

Mails of the kinds that people send, made here; each is read by a real pool of reading workers, as the server does. The
table goes into docs/performance.md beside the goals. LibreOffice makes the PDF.

    python bench/reading.py [--rounds 5] [--dry]
    python bench/reading.py --only "the server's process"   # some of the mails, printed only: a few seconds
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from mailguard.inspect.letters import MOST
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.workers import Readers
from mailguard.mail.message import Body
from measure import cpu_seconds
from probed import Stalls
from tables import write_page

_TALK = "お世話になっております。先日ご相談した件の資料をお送りいたします。ご確認のほどよろしくお願いいたします。\n"
_WORDS = ("契約", "見積", "納品", "会議", "資料", "顧客", "東京", "大阪", "山田", "月曜日", "予算", "計画", "価格")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Case:
    """A mail and its goals: CPU in milliseconds, memory of the worker in MB beyond an idle one (0: none is set)."""

    name: str
    make: Callable[[], bytes]
    cpu: float
    memory: float = 0.0
    each: int = 1  # mails in one measurement
    here: bool = False  # read in the server's own process


@dataclass
class Figures:
    """cpu, clock: milliseconds a mail; stall: the longest stall of ours (`probed.Stall`), milliseconds; memory: MB."""

    cpu: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    stall: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def letter(*files: tuple[str, bytes], to: str = "bob@partner.example", text: str = _TALK * 4) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "ann@corp.example", to, "お見積りの件"
    message["Message-ID"] = "<bench@corp.example>"
    message.set_content(text, charset="utf-8", cte="8bit")
    for name, octets in files:
        message.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def talk() -> bytes:
    octets = letter(text=_TALK * 12).replace(b"\r\n.", b"\r\n..")
    return octets[:2048]


def english() -> bytes:
    line = "Thank you for your time on Monday. The figures for the third quarter are below; call me on any question.\n"
    return letter(text=line * 30)[:2048]


def noise(octets: int = 73_000) -> bytes:
    """A file that nothing can be read in, 100 KB as an attachment."""
    return letter(("図面.dat", random.Random(3).randbytes(octets)))


def large_noise() -> bytes:
    return noise(760_000)


def document() -> bytes:
    """A docx of about 70 KB, 100 KB as an attachment."""
    chance = random.Random(1)
    runs = "".join(
        "<w:p>"
        + "".join(f"<w:r><w:rPr><w:sz w:val='21'/></w:rPr><w:t>{_sentence(chance)}</w:t></w:r>" for _ in range(4))
        + "</w:p>"
        for _ in range(380)
    )
    main = f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{runs}</w:body></w:document>'
    return letter(("資料.docx", _package({"[Content_Types].xml": "<Types/>", "word/document.xml": main})))


def _sentence(chance: random.Random) -> str:
    return (
        "".join(chance.choice(_WORDS) + "".join(chance.choices("をにがはのとでもへや", k=2)) for _ in range(6)) + "。"
    )


def workbook() -> bytes:
    """50,000 rows of 10 cells: shared strings, numbers, as Excel writes them."""
    chance = random.Random(2)
    strings = [f"{chance.choice(_WORDS)}{chance.choice(_WORDS)}{number}" for number in range(5000)]
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    rows = []
    for row in range(1, 50_001):
        cells = [f'<c r="{_LETTERS[n].upper()}{row}" t="s"><v>{chance.randrange(5000)}</v></c>' for n in range(5)]
        cells += [f'<c r="{_LETTERS[n].upper()}{row}" s="1"><v>{chance.randrange(10**6)}</v></c>' for n in range(5, 10)]
        rows.append(f'<row r="{row}" spans="1:10">{"".join(cells)}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook {space}><sheets><sheet name="Sheet1" sheetId="1"/></sheets></workbook>',
        "xl/sharedStrings.xml": f'<sst {space} count="250000" uniqueCount="5000">{shared}</sst>',
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{''.join(rows)}</sheetData></worksheet>",
    }
    return letter(("名簿.xlsx", _package(parts)))


def _package(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def pages() -> bytes:
    """A PDF of 200 Japanese pages, by LibreOffice."""
    chance = random.Random(3)
    page = '<p style="page-break-before: always">'
    html = "".join(page + "<br>".join(_sentence(chance) for _ in range(30)) + "</p>" for _ in range(200))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.html").write_text(f'<meta charset="utf-8"><body>{html}</body>', encoding="utf-8")
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--infilter=HTML (StarWriter)",
             "--convert-to", "pdf", "--outdir", folder, f"{folder}/a.html"],
            capture_output=True, timeout=180, check=True,
        )  # fmt: skip
        return letter(("報告.pdf", (Path(folder) / "a.pdf").read_bytes()))


def heavy() -> bytes:
    """10 MB that say nothing: pictures and a zip of noise."""
    chance = random.Random(4)
    noise = io.BytesIO()
    with zipfile.ZipFile(noise, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"\xff\xd8\xff\xe0" + chance.randbytes(3_500_000))
    return letter(("a.zip", noise.getvalue()), ("b.jpg", b"\xff\xd8\xff\xe0" + chance.randbytes(3_500_000)))


def crowd() -> bytes:
    return letter(to=", ".join(f"Person {n} <p{n}@c{n % 500}.example>" for n in range(20_000)))


def links() -> bytes:
    """The dearest text that the server's process reads: a detector looks at each of its words."""
    return letter(text="https://a:b@c.example/ token=Zx81kQw92LmP0aTr\n" * 400)[:MOST]


def names() -> bytes:
    """The dearest header that it reads."""
    return b"To: " + b"Ann <a@b>, " * ((MOST - 40) // 11) + b"\r\nSubject: x\r\n\r\nhello\r\n"


CASES = (
    Case("text, 2 KB, Japanese, in the server's process", talk, 0.12, each=1000, here=True),
    Case("text, 2 KB, English, in the server's process", english, 0.12, each=1000, here=True),
    Case("text, 16 KB, of links and keys, in the server's process", links, 20.0, each=20, here=True),
    Case("To: of 16 KB, in the server's process", names, 20.0, each=20, here=True),
    Case("100 KB with a file of no known kind, in the server's process", noise, 1.0, each=200, here=True),
    Case("1 MB with a file of no known kind, in the server's process", large_noise, 5.0, each=50, here=True),
    Case("text, 2 KB, Japanese", talk, 1.0, each=200),
    Case("text, 2 KB, English", english, 1.0, each=200),
    Case("100 KB with a docx", document, 40.0, each=20),
    Case("xlsx of 50,000 × 10 cells", workbook, 3000.0, 150.0),
    Case("PDF of 200 Japanese pages", pages, 2000.0),
    Case("10 MB of pictures and a zip", heavy, 500.0),
    Case("To: with 20,000 addresses", crowd, 500.0),
)


def _resident(pid: int, key: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    return 0.0


async def measure(case: Case, octets: bytes, folder: Path, figures: Figures) -> None:
    """One measurement on a fresh worker that was warmed with an ordinary mail, as the server's is."""
    path = folder / "mail"
    path.write_bytes(octets)
    body = Body.of(octets) if len(octets) < 256 * 1024 else Body(size=len(octets), sha256="", path=path)
    readers = Readers(ReadingLimits(seconds=120.0, cpu_seconds=120), count=1, here=MOST if case.here else 0)
    try:
        await readers.read(Body.of(letter()))
        if case.each > 1:
            await readers.read(body)
        if case.here:
            await readers.start()
            gc.freeze()  # as `serve` does: a look of the collector at all modules is no cost of a mail
        (pid,) = (os.getpid(),) if case.here else readers.pids
        before, resident = cpu_seconds(pid), _resident(pid, "VmRSS")
        async with Stalls() as stalls:
            begun = time.perf_counter()
            for _ in range(case.each):
                facts = await readers.read(body)
                await asyncio.sleep(0)  # as between two mails of a server: what is read here gives no turn away
            clock = time.perf_counter() - begun
        if any(one.code == "unreadable" for one in facts.findings):
            raise RuntimeError(f"{case.name}: {facts.findings[:3]}")
        figures.cpu.append((cpu_seconds(pid) - before) * 1000 / case.each)
        figures.clock.append(clock * 1000 / case.each)
        figures.stall.append(stalls.worst * 1000)
        figures.memory.append(_resident(pid, "VmHWM") - resident)
    finally:
        await readers.stop()


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(cases: Sequence[Case], results: dict[str, Figures]) -> str:
    lines = [
        "| mail | CPU ms | goal | clock ms | loop stood still, ms | memory beyond idle, MB |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for case in cases:
        one = results[case.name]
        cells = [number(statistics.median(one.cpu)), f"≤ {case.cpu:g}", number(statistics.median(one.clock))]
        cells += [number(max(one.stall)), number(max(one.memory)) + (f" (≤ {case.memory:.0f})" if case.memory else "")]
        lines.append(f"| {case.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORDS", help="mails with these words in their name; as --dry")
    parser.add_argument("--dry", action="store_true", help="print only; leave docs/performance.md alone")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    cases = [case for case in CASES if options.only in case.name]
    results: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            octets = case.make()
            figures = results[case.name] = Figures()
            for _ in range(options.rounds):
                asyncio.run(measure(case, octets, Path(folder), figures))
            print(f"{case.name}: {number(statistics.median(figures.cpu))} ms", file=sys.stderr, flush=True)
    head = f"{time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores; load average before the run: {busy:.1f}"
    figures_text = f"{head}; rounds: {options.rounds}.\n\n{table(cases, results)}"
    print(figures_text)
    if not (options.dry or options.only):
        write_page(figures_text, "reading")


if __name__ == "__main__":
    main()
