"""Real reading workers, and mails that do to them what mails can: hang, crash, eat memory, be killed in the middle."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.door import eventually

from mailguard.inspect import asked
from mailguard.inspect.asked import Died, Worker
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.workers import Readers, ReadersBusy, ReadersDead
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body

MAIL = b"From: ann@corp.example\r\nTo: bob@x.example\r\nSubject: =?utf-8?B?5qmf5a+G?=\r\n\r\nhello\r\n"
LIMITS = ReadingLimits(seconds=20.0)

#: A worker that does as the mail says: instead of the real reading, the first word of the subject is obeyed.
_OBEDIENT = """
import ctypes, os, pathlib, sys, time
from mailguard.inspect import worker
from mailguard.inspect.reader import read_mail as real
FORGED = rb'''{"text": {"long text": 0}, "headers": {"subject": "a\\ud800b\\u0000c"}, "personal_data": {"persons":
 1000000000000000000000000000}, "secrets": {"\\udfff": 1e999}, "findings": [{"code": "nonsense", "where": 5}, 7],
 "attachments": [{"filename": "a", "text": {"long text": 0}}, {"filename": "b", "size": -5}]}'''
def say(head):
    answer = len(head).to_bytes(4, "big") + head + b"\\0\\0\\0\\1" + b"\\0\\0\\0\\2hi"
    while answer: answer = answer[os.write(1, answer):]
    time.sleep(600)
def obey(octets, limits):
    if b"Subject: hang" in octets: time.sleep(600)
    if b"Subject: spin" in octets:
        while True: pass
    if b"Subject: crash" in octets: ctypes.string_at(0)
    if b"Subject: lie" in octets: os.write(1, b"\\x00\\x00\\x00\\x04nope"); time.sleep(600)
    if b"Subject: frames" in octets: os.write(1, b"\\0\\0\\0\\2{}\\xff\\xff\\xff\\xff" + bytes(4000)); time.sleep(600)
    if b"Subject: values" in octets: say(b"[" + b"[]," * 4_000_000 + b"[]]")
    if b"Subject: head" in octets: say(b'"' + b"a" * (33 * 2**20) + b'"')
    if b"Subject: deep" in octets: say(b"[" * 100_000)
    if b"Subject: digits" in octets: say(b'{"personal_data": {"persons": ' + b"9" * 10_000 + b"}}")
    if b"Subject: forge" in octets: say(FORGED)
    if b"Subject: flood" in octets: os.write(1, b"\\xff\\xff\\xff\\xff"); time.sleep(600)
    if b"Subject: eat" in octets: return len([bytes(2**20) for _ in range(4096)])
    if b"Subject: write" in octets: pathlib.Path("/tmp/mailguard-must-not-be").write_bytes(b"x")
    if b"Subject: fork" in octets: os.fork()
    while b"Subject: toil" in octets and time.process_time() < 1.0: pass
    return real(octets, limits)
worker.read_mail = obey
worker.main()
"""


def said(subject: str) -> Body:
    return Body.of(
        b"From: ann@corp.example\r\nTo: bob@x.example\r\nSubject: " + subject.encode() + b"\r\n\r\nhello\r\n"
    )


def left_behind() -> bytes:
    """What a worker managed to write; taken away again."""
    written = Path("/tmp/mailguard-must-not-be")
    content = written.read_bytes() if written.exists() else b""
    written.unlink(missing_ok=True)
    return content


def codes(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings}


@pytest.fixture
async def readers() -> AsyncIterator[Readers]:
    pool = Readers(LIMITS, count=2)
    yield pool
    await pool.stop()


@pytest.fixture
async def obedient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Readers]]:
    """A maker of pools whose workers do as the mail says."""
    monkeypatch.setattr(asked, "COMMAND", (sys.executable, "-I", "-c", _OBEDIENT))
    pools: list[Readers] = []

    def make(limits: ReadingLimits = LIMITS, ended: list[str] | None = None, **more: Any) -> Readers:
        log: list[str] = [] if ended is None else ended
        pools.append(Readers(limits, ended=log.append, **more))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.stop()


async def test_reads_octets_and_files(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(MAIL)
    from_octets = await readers.read(Body.of(MAIL))
    from_file = await readers.read(Body(size=len(MAIL), sha256="", path=path))
    assert from_octets == from_file
    assert from_octets.headers.subject == "機密"
    assert from_octets.text == "hello\n"
    assert from_octets.findings == ()


async def test_workers_stay_warm_and_work_side_by_side(readers: Readers) -> None:
    await readers.start()
    found = await asyncio.gather(*(readers.read(Body.of(MAIL)) for _ in range(20)))
    assert {facts.headers.subject for facts in found} == {"機密"}
    before = set(readers.pids)
    assert 1 <= len(before) <= 2
    await asyncio.gather(*(readers.read(Body.of(MAIL)) for _ in range(20)))
    assert set(readers.pids) == before


async def test_mail_that_comes_while_the_first_worker_starts_waits_for_it(readers: Readers) -> None:
    starting = asyncio.create_task(readers.start())
    await asyncio.sleep(0)
    assert (await readers.read(Body.of(MAIL))).headers.subject == "機密"
    await starting
    assert len(readers.pids) == 1


async def test_mail_that_waits_for_a_first_worker_that_never_comes_is_told_so(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
    starting, waiting = asyncio.create_task(readers.start()), asyncio.create_task(readers.read(Body.of(MAIL)))
    found = await asyncio.gather(starting, waiting, return_exceptions=True)
    assert [type(one) for one in found] == [ReadersDead, ReadersDead]


async def test_a_missing_file_is_a_mail_that_cannot_be_read(readers: Readers, tmp_path: Path) -> None:
    facts = await readers.read(Body(size=1, sha256="", path=tmp_path / "gone"))
    assert codes(facts) == {"unreadable"}


async def test_a_worker_killed_while_idle_is_replaced(readers: Readers) -> None:
    await readers.start()
    (first,) = readers.pids
    os.kill(first, signal.SIGKILL)
    assert (await readers.read(Body.of(MAIL))).headers.subject == "機密"
    assert first not in readers.pids


async def test_recycled_after_so_many_mails() -> None:
    pool = Readers(LIMITS, count=1, recycle_after=2)
    try:
        seen = []
        for _ in range(4):
            await pool.read(Body.of(MAIL))
            seen.append(pool.pids)
        assert seen[1] == seen[3] == ()
        assert seen[0] != seen[2]
    finally:
        await pool.stop()


def _large_mail(path: Path, megabytes: int) -> Body:
    head = b"From: ann@corp.example\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\n"
    head += b"Content-Type: application/octet-stream; name=a.bin\r\n\r\n"
    size = path.write_bytes(head + (b"A" * 76 + b"\r\n") * (megabytes * 2**20 // 78))
    return Body(size, "", path=path)


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_large_mails_leave_no_memory_behind(readers: Readers, tmp_path: Path) -> None:
    for megabytes in (18, 24, 30, 24, 12):
        facts = await readers.read(_large_mail(tmp_path / "large", megabytes))
        assert facts.attachments[0].size > megabytes * 2**19
    (pid,) = readers.pids
    await eventually(lambda: _resident(pid) < 45 * 2**20)


async def test_stop_ends_the_processes() -> None:
    pool = Readers(LIMITS, count=1)
    await pool.start()
    (pid,) = pool.pids
    await pool.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("word", ["hang", "crash", "lie", "flood", "frames", "values", "head", "deep", "digits"])
async def test_what_a_mail_does_costs_that_mail_its_facts(obedient: Callable[..., Readers], word: str) -> None:
    ended: list[str] = []
    pool = obedient(replace(LIMITS, seconds=2.0), ended, count=1)
    facts = await pool.read(said(f"{word} me"))
    assert codes(facts) == {"unreadable"}
    assert facts.headers.subject == f"{word} me"
    assert [one.address for one in facts.headers.to] == ["bob@x.example"]
    assert len(ended) == 1
    assert (await pool.read(said("well"))).text == "hello\n"


async def test_what_a_worker_forges_is_plain_facts(obedient: Callable[..., Readers]) -> None:
    facts = await obedient(count=1).read(said("forge"))
    assert (facts.headers.subject, facts.persons, facts.secrets) == ("a?bc", 2**53, {"?": 0})
    assert (facts.text, [(one.filename, one.text, one.size) for one in facts.attachments]) == (
        "hi",
        [("a", "", 0), ("b", "", 0)],
    )
    json.dumps(facts.to_json(), ensure_ascii=False).encode()  # as the ledger keeps it


#: A worker that talks before it is asked, without end, so that every buffer between it and the parent is full.
_TALKATIVE = """
import os
from mailguard.inspect import wire
os.write(1, wire.frame(wire.READY) + wire.NO_TEXTS)
while True: os.write(1, b"\\xff" * 65536)
"""


async def test_a_worker_that_talks_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "COMMAND", (sys.executable, "-I", "-c", _TALKATIVE))
    pool = Readers(LIMITS, count=1)
    await pool.start()
    await asyncio.sleep(0.3)  # until the pipe is full
    async with asyncio.timeout(20):
        facts = await pool.read(said("well"))
    assert codes(facts) == {"unreadable"}
    await pool.stop()


async def test_memory_that_runs_out_is_a_finding(obedient: Callable[..., Readers]) -> None:
    pool = obedient(replace(LIMITS, memory_bytes=256 * 2**20), count=1)
    assert codes(await pool.read(said("eat"))) == {"unreadable"}
    assert (await pool.read(said("well"))).findings == ()


async def test_a_busy_machine_does_not_make_a_mail_unreadable(obedient: Callable[..., Readers]) -> None:
    """The worker needs less processor time than its limit, and stands in line for a processor for longer than that."""
    pool = obedient(replace(LIMITS, seconds=1.5), count=1)
    await pool.start()
    (pid,) = pool.pids
    (processor, *_) = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, {processor})
    spin = f"import os\nos.sched_setaffinity(0, {{{processor}}})\nwhile True: pass"
    others = [await asyncio.create_subprocess_exec(sys.executable, "-c", spin) for _ in range(4)]
    try:
        facts = await pool.read(said("toil"))
    finally:
        for other in others:
            other.kill()
            await other.wait()
    assert facts.findings == ()


async def test_processor_time_runs_out_before_the_clock(obedient: Callable[..., Readers]) -> None:
    ended: list[str] = []
    pool = obedient(replace(LIMITS, seconds=60.0, cpu_seconds=1), ended, count=1)
    assert codes(await pool.read(said("spin"))) == {"unreadable"}
    assert ended == ["it died"]


async def test_workers_start_nothing(obedient: Callable[..., Readers]) -> None:
    assert codes(await obedient(count=1).read(said("fork"))) == {"unreadable"}


async def test_workers_write_nothing(obedient: Callable[..., Readers]) -> None:
    assert codes(await obedient(count=1).read(said("write"))) == {"unreadable"}
    assert left_behind() == b""


#: Walls itself in as a worker does, then tries each way out; prints what happened.
_PRISONER = """
import ctypes, json, os, resource, signal, socket, subprocess, sys
from mailguard.inspect import isolation
kept, parent = sys.argv[1], os.getppid()
isolation.wall_in(512 * 2**20, os.path.dirname(kept))
libc = ctypes.CDLL(None, use_errno=True)
def native(name, *args):
    if getattr(libc, name)(*args) < 0: raise OSError(ctypes.get_errno(), name)
ways = {
    "socket": lambda: socket.socket(),
    "socketpair": lambda: socket.socketpair(),
    "fork": os.fork,
    "execv": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: subprocess.run(["/bin/true"]),
    "kill": lambda: os.kill(parent, 0),
    "open to write": lambda: open(kept, "w"),
    "open to append": lambda: open(kept, "ab"),
    "make": lambda: open(kept + ".new", "x"),
    "truncate": lambda: os.truncate(kept, 0),
    "unlink": lambda: os.unlink(kept),
    "rename": lambda: os.rename(kept, kept + ".gone"),
    "mkdir": lambda: os.mkdir(kept + ".folder"),
    "symlink": lambda: os.symlink(kept, kept + ".link"),
    "chmod": lambda: os.chmod(kept, 0),
    "memfd": lambda: os.memfd_create("x"),
    "ptrace": lambda: native("ptrace", 16, parent, 0, 0),
    "unshare": lambda: native("unshare", 0x20000),
    "utime": lambda: native("utime", kept.encode(), 0),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
    "affinity": lambda: os.sched_setaffinity(parent, {0}),
    "limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)),
    "message queue": lambda: native("mq_open", b"/mailguard", os.O_CREAT, 0o600, 0),
}
said = {}
for name, way in ways.items():
    try:
        said[name] = repr(way())
    except OSError as error:
        said[name] = error.errno
said["read"] = open(kept).read()
import cryptography.x509, msoffcrypto, pypdfium2  # what readers load late must still be found
try:
    said["read elsewhere"] = open(sys.argv[2]).read()
except OSError as error:
    said["read elsewhere"] = error.errno
print(json.dumps(said))
"""


def test_a_worker_has_no_way_out_but_its_answer(tmp_path: Path) -> None:
    kept, key = tmp_path / "mails" / "kept", tmp_path / "house.key"
    kept.parent.mkdir()
    kept.write_text("kept")
    key.write_text("key")
    ran = subprocess.run(
        [sys.executable, "-I", "-c", _PRISONER, kept, key], capture_output=True, timeout=60, check=True
    )
    said = json.loads(ran.stdout)
    assert said.pop("read") == "kept"
    assert said.pop("read elsewhere") == (errno.EACCES if _has_landlock() else "key")
    assert set(said.values()) <= {errno.EPERM, errno.EACCES}, said
    assert [one.name for one in kept.parent.iterdir()] == ["kept"]


def _has_landlock() -> bool:
    return int(ctypes.CDLL(None).syscall(444, None, 0, 1)) > 0


async def test_workers_with_a_folder_read_their_mails_and_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    inside, outside = tmp_path / "mails" / "a", tmp_path / "b"
    inside.write_bytes(MAIL)
    outside.write_bytes(MAIL)
    pool = Readers(LIMITS, count=1, folder=tmp_path / "mails")
    try:
        assert (await pool.read(Body(size=len(MAIL), sha256="", path=inside))).text == "hello\n"
        if _has_landlock():
            assert codes(await pool.read(Body(size=len(MAIL), sha256="", path=outside))) == {"unreadable"}
    finally:
        await pool.stop()


async def test_a_worker_that_died_of_an_earlier_mail_is_not_held_against_the_next(
    obedient: Callable[..., Readers],
) -> None:
    pool = obedient(count=1)
    await pool.read(said("well"))
    (pid,) = pool.pids
    under_way = asyncio.create_task(pool.read(said("well")))
    os.kill(pid, signal.SIGKILL)
    assert (await under_way).findings == ()


async def test_kill_in_the_middle_of_a_mail(obedient: Callable[..., Readers]) -> None:
    pool = obedient(count=1)
    await pool.start()
    (pid,) = pool.pids
    under_way = asyncio.create_task(pool.read(said("hang")))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    assert codes(await under_way) == {"unreadable"}


async def test_a_cancelled_reading_leaves_no_answer_behind(obedient: Callable[..., Readers]) -> None:
    pool = obedient(count=1)
    await pool.start()
    under_way = asyncio.create_task(pool.read(said("hang")))
    await asyncio.sleep(0.1)
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    assert (await pool.read(Body.of(MAIL))).headers.subject == "機密"


async def test_no_worker_at_all_is_a_fault_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (("/nowhere/python",), (sys.executable, "-c", "raise SystemExit(1)")):
        monkeypatch.setattr(asked, "COMMAND", command)
        pool = Readers(LIMITS, count=1)
        with pytest.raises(ReadersDead):
            await pool.read(Body.of(MAIL))
        await pool.stop()


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_worker_that_ends_before_it_is_spoken_to_has_died(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def speak() -> None:
        worker = await Worker.started()
        try:
            async with asyncio.timeout(60):
                assert await worker._child.answers.read() == b""
            with pytest.raises(Died):
                await worker.greet(LIMITS, "/", 60.0)
        finally:
            await worker.kill()

    monkeypatch.setattr(asked, "COMMAND", (sys.executable, "-c", ""))
    with asyncio.Runner(loop_factory=pytest.importorskip(kind).new_event_loop) as runner:
        runner.run(speak())


async def test_the_queue_is_bounded(obedient: Callable[..., Readers]) -> None:
    pool = obedient(replace(LIMITS, seconds=2.0), count=1, queue=2)
    waiting = [asyncio.create_task(pool.read(said("hang"))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ReadersBusy):
        await pool.read(said("well"))
    await asyncio.gather(*waiting)
