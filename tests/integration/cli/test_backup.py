"""`mailguard backup` and `restore`: while mail flows, killed in the middle, on a full disk, from altered archives.

A real `mailguard serve` or a real ledger is copied, and what comes back is recounted.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import io
import json
import os
import signal
import smtplib
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from tests.house import PATIENCE, House, running_house
from tests.integration.test_house import OUTSIDE, mail
from tests.ledger import ANN, BOB, CAROL, NOON, Ledger, facts, opened
from tests.missing import needs_root

from mailguard.app import rooms
from mailguard.app.opening import only_one
from mailguard.config.load import Config
from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.verdict import Disposition
from mailguard.store import snapshots
from mailguard.store.alone import may_remove, nothing_is_removed
from mailguard.store.archive import unpack
from mailguard.store.audit import Audit
from mailguard.store.backup import Copied, Source, back_up
from mailguard.store.bodies import Bodies
from mailguard.store.db import Database
from mailguard.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull
from mailguard.store.migrate import prepare
from mailguard.store.records import Filter
from mailguard.store.restore import COMMENT, Place, Restored, restore
from mailguard.store.spool import Retention
from mailguard.store.turn import Turn

NOBODY = 65534
ADMIN = Actor("cli-root", Role.ADMINISTRATOR, "cli")
LARGE = b"Subject: large\r\n\r\n" + b"octets that fill a line of a mail\r\n" * 6000


def copy(folder: Path, target: Path, **more: Any) -> Copied:
    return back_up(Source(folder / "mailguard.db", folder / "bodies", **more), target, "test", NOON)


def put_back(archive: Path, folder: Path, *, release: bool = False, force: bool = False) -> Restored:
    return restore(
        archive, Place(folder / "mailguard.db", folder / "bodies"), ADMIN, NOON, release=release, force=force
    )


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    """A backup of two held mails and two queued ones, one of them under way, of which two are files."""
    async with opened(tmp_path / "live") as ledger:
        await ledger.add(Disposition.CONFIRM, octets=LARGE, known=facts("one"))
        await ledger.add(Disposition.DELAY, (CAROL,), after=timedelta(minutes=1), known=facts("two"))
        await ledger.add(octets=LARGE + b"second\r\n", known=facts("three"))
        await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 100)
        await ledger.add(to=(BOB, CAROL), known=facts("four"))
        (tmp_path / "live" / "mailguard.key").write_bytes(bytes(32))
        copy(tmp_path / "live", tmp_path / "copy.tar")
    return tmp_path / "copy.tar"


async def test_what_was_not_sent_is_held_until_somebody_says_so(archive: Path, tmp_path: Path) -> None:
    done = put_back(archive, tmp_path / "new")
    assert (done.held, done.missing, done.aside, done.key) == (4, (), None, True)
    async with opened(tmp_path / "new") as ledger:
        ledger.clock.forward(days=30)
        assert not await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 100)
        assert not await ledger.holds.due(ledger.clock())
        records = await ledger.holds.page(Filter(state=State.HELD))
        assert len(records) == 4
        for record in records:
            assert {one.frozen_by for one in record.recipients} == {"cli-root"}
            lines = await ledger.audit.history_of(record.id)
            assert (lines[-1].event, lines[-1].comment) == ("hold", COMMENT)
            assert "復元しました" in COMMENT
            assert "restored from a backup" in COMMENT
            body = await ledger.spool.body(record.id)
            assert hashlib.sha256(body.read()).hexdigest() == body.sha256
        assert await ledger.audit.verify() is None
        await _go_on(ledger)


async def _go_on(ledger: Ledger) -> None:
    """Queued mail is released; clocks go on with the time that was left."""
    for record in await ledger.holds.page(Filter(state=State.HELD)):
        delayed = record.verdict.disposition is Disposition.DELAY
        event = Event.RESUME if delayed else Event.RELEASE
        assert (await ledger.holds.apply(record.id, event, ADMIN, ledger.clock())).changed
    jobs = await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 100)
    assert sum(len(job.recipients) for job in jobs) == 4
    (left,) = await ledger.holds.page(Filter(state=State.HELD))
    assert left.recipients[0].expires_at == ledger.clock() + timedelta(minutes=1)


async def test_queued_mail_goes_at_once_only_if_that_is_asked_for(archive: Path, tmp_path: Path) -> None:
    assert put_back(archive, tmp_path / "new", release=True).held == 0
    async with opened(tmp_path / "new") as ledger:
        jobs = await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 100)
        assert sum(len(job.recipients) for job in jobs) == 3
        assert (await ledger.holds.count(Filter(state=State.HELD))) == 2


def test_a_backup_is_for_nobody_else_and_has_the_key_unless_not(archive: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert set(members(archive)) >= {"ledger.db", "ledger.key", "manifest.json"}
    copy(tmp_path / "live", tmp_path / "copy.tar.gz", keys=False)
    found = members(tmp_path / "copy.tar.gz")
    assert "ledger.key" not in found
    manifest = json.loads(found["manifest.json"])
    assert (manifest["messages"], manifest["open"], manifest["bodies"], manifest["keys"]) == (4, 4, 2, False)
    for name, said in manifest["members"].items():
        assert said == {"size": len(found[name]), "sha256": hashlib.sha256(found[name]).hexdigest()}
    assert (tmp_path / "copy.tar.gz").stat().st_size < archive.stat().st_size / 5
    assert not put_back(tmp_path / "copy.tar.gz", tmp_path / "new").key


def test_what_the_model_knows_comes_along(archive: Path, tmp_path: Path) -> None:
    there = tmp_path / "live" / "mailguard.insight"
    snapshots.write(there, snapshots.Mark(7, b"x" * 16), lambda file: None)
    copy(tmp_path / "live", tmp_path / "with.tar")
    put_back(tmp_path / "with.tar", tmp_path / "new")
    assert (tmp_path / "new" / "mailguard.insight").read_bytes() == there.read_bytes()
    put_back(archive, tmp_path / "new", force=True)  # of before there was one: what is newer does not stay
    assert not (tmp_path / "new" / "mailguard.insight").exists()


def test_what_is_there_is_not_overwritten_but_moved_aside(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--force"):
        put_back(archive, tmp_path / "live")
    before = (tmp_path / "live" / "mailguard.db").read_bytes()
    done = put_back(archive, tmp_path / "live", force=True)
    assert done.aside is not None
    assert (done.aside / "mailguard.db").read_bytes()[:100] == before[:100]
    assert len(list((done.aside / "bodies").glob("1*/*"))) == 2
    assert not list((tmp_path / "live").glob(".restore-*"))


def test_a_restore_that_was_killed_is_done_again(archive: Path, tmp_path: Path) -> None:
    """It leaves no ledger, whenever it is killed; what it had written aside goes with a later one."""
    command = [sys.executable, "-m", "mailguard", "restore", str(archive), "--to", str(tmp_path / "new")]
    child = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not list(tmp_path.glob("new/.restore-*")) and child.poll() is None:
        time.sleep(0.001)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate(timeout=PATIENCE)
    assert not (tmp_path / "new" / "mailguard.db").exists()
    for left in tmp_path.glob("new/.restore-*"):
        os.utime(left, (0, 0))
    assert put_back(archive, tmp_path / "new", force=True).held == 4
    assert not list(tmp_path.glob("new/.restore-*"))


@needs_root
def test_what_root_puts_back_is_for_the_owner_of_the_folder(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "back"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    with only_one(folder / "mailguard.lock"):
        put_back(archive, folder)
    with may_remove(folder / "mailguard.db"):
        Turn(folder / "mailguard.db").close()
    names = [folder, *folder.rglob("*")]
    assert len(names) > 6
    assert {path.name for path in names if path.stat().st_uid != NOBODY} == set()


@needs_root
def test_what_root_makes_first_or_writes_anew_is_for_the_owner_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "house"
    bodies = Bodies(folder / "bodies")
    bodies.make()
    for one in (folder, bodies.root, bodies.incoming):
        os.chown(one, NOBODY, NOBODY)
    ledger = folder / "mailguard.db"
    prepare(ledger)
    monkeypatch.setattr(rooms, "ledger_path", lambda _: ledger)
    rooms.house_key(cast("Config", None))
    bodies.write(io.BytesIO(LARGE), "0" * 18, None)  # as `store rotate` does
    names = [*folder.rglob("*")]
    assert len(names) > 5
    assert {path.name for path in names if path.stat().st_uid != NOBODY} == set()


@needs_root
def test_root_makes_no_ledger_of_what_a_link_leads_to(tmp_path: Path) -> None:
    own, folder = tmp_path / "own", tmp_path / "house"
    own.write_text("root's, and no ledger: " + "x" * 1000)
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    (folder / "mailguard.db").symlink_to(own)
    with pytest.raises((StoreError, sqlite3.Error)):
        prepare(folder / "mailguard.db")
    assert own.stat().st_uid == 0


@needs_root
def test_root_gives_away_nothing_that_has_a_second_name(tmp_path: Path) -> None:
    own, folder = tmp_path / "own", tmp_path / "back"
    own.write_text("root's")
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    os.link(own, folder / "mailguard.lock")
    with only_one(folder / "mailguard.lock"):
        assert own.stat().st_uid == 0


async def test_a_ledger_that_is_open_is_not_exchanged(archive: Path, tmp_path: Path) -> None:
    async with opened(tmp_path / "live") as ledger:
        with pytest.raises(StoreBusy, match="stop it first"):
            put_back(archive, tmp_path / "live", force=True)
        assert await ledger.holds.count(Filter()) == 4


@pytest.mark.parametrize("there", [True, False])
def test_nobody_opens_a_ledger_in_the_middle_of_its_exchange(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """What he wrote would be in the ledger that was moved away, or in one that is written over."""
    folder = tmp_path / ("live" if there else "new")
    came, taken = threading.Event(), list[str]()

    async def open_and_write() -> None:
        db = await Database.open(folder / "mailguard.db")
        try:
            await Audit(db).note("came", ADMIN, NOON)
            taken.append("written")
        finally:
            await db.close()

    def other() -> None:
        try:
            asyncio.run(open_and_write())
        finally:
            came.set()

    server = threading.Thread(target=other)
    real_lock, real_rename = fcntl.flock, Path.rename

    def flock(file: int, how: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            came.set()  # he waits, or goes on at once
        real_lock(file, how)

    def rename(self: Path, to: Path) -> Path:
        if to.name == "bodies" and not server.ident:  # the old one is away, and the new one is not there
            monkeypatch.setattr(fcntl, "flock", flock)
            server.start()
            assert came.wait(PATIENCE)
        return real_rename(self, to)

    monkeypatch.setattr(Path, "rename", rename)
    put_back(archive, folder, force=there)
    server.join(PATIENCE)
    assert taken == ["written"]
    with closing(sqlite3.connect(folder / "mailguard.db")) as connection:
        events = [row[0] for row in connection.execute("SELECT event FROM audit ORDER BY number")]
    assert events[-1] == "came"
    assert "restore" in events


def test_what_somebody_made_while_a_backup_was_unpacked_is_not_written_over(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_made(*arguments: Any) -> Any:
        made = unpack(*arguments)
        prepare(tmp_path / "new" / "mailguard.db")
        return made

    monkeypatch.setattr("mailguard.store.restore.unpack", then_made)
    with pytest.raises(StoreError, match="is there already: --force"):
        put_back(archive, tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "mailguard.db")) as connection:
        assert connection.execute("SELECT count(*) FROM message").fetchone() == (0,)


async def test_no_body_goes_while_a_backup_reads_them(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        record = await ledger.add(Disposition.CONFIRM, octets=LARGE)
        await ledger.holds.apply(record.id, Event.CANCEL, ADMIN, ledger.clock())
        later = ledger.clock() + timedelta(days=8)
        with nothing_is_removed(ledger.db.path), nothing_is_removed(ledger.db.path):
            assert (await ledger.spool.purge(later, Retention())).bodies == 0
            assert (await ledger.spool.body(record.id)).read() == LARGE
        assert (await ledger.spool.purge(later, Retention())).bodies == 1


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], object], *extra: tarfile.TarInfo) -> None:
    """The archive with its members changed; `extra` comes first."""
    found = members(archive)
    change(found)
    with tarfile.open(archive, "w") as tar:
        for info in extra:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
        for name, octets in found.items():
            info = tarfile.TarInfo(name)
            info.size = len(octets)
            tar.addfile(info, io.BytesIO(octets))


def _with_its_digest(found: dict[str, bytes], name: str, octets: bytes) -> None:
    """Alter a member and the manifest with it, as somebody would who knows how."""
    manifest = json.loads(found["manifest.json"])
    manifest["members"][name] = {"size": len(octets), "sha256": hashlib.sha256(octets).hexdigest()}
    found[name] = octets
    found["manifest.json"] = json.dumps(manifest).encode()


def _flip_a_body(found: dict[str, bytes]) -> None:
    name = next(name for name in found if name.startswith("bodies/"))
    found[name] = found[name][:-3] + b"!" + found[name][-2:]


def _lose_a_body(found: dict[str, bytes]) -> None:
    name = next(name for name in found if name.startswith("bodies/"))
    del found[name]


def _lose_a_body_and_its_line(found: dict[str, bytes]) -> None:
    _lose_a_body(found)
    manifest = json.loads(found["manifest.json"])
    manifest["members"] = {name: one for name, one in manifest["members"].items() if name in found}
    found["manifest.json"] = json.dumps(manifest).encode()


def _alter_the_audit_log(found: dict[str, bytes]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(found["ledger.db"])
    connection.execute("DROP TRIGGER audit_is_not_altered")
    connection.execute("UPDATE audit SET actor = 'somebody@corp.example' WHERE number = 2")
    connection.commit()
    octets = connection.serialize()
    connection.close()
    _with_its_digest(found, "ledger.db", octets)


def _of_a_newer_version(found: dict[str, bytes]) -> None:
    octets = bytearray(found["ledger.db"])
    octets[60:64] = (999).to_bytes(4, "big")  # sqlite.org/fileformat.html: user_version
    _with_its_digest(found, "ledger.db", bytes(octets))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flip_a_body, "not what the manifest says"),
        (_lose_a_body, "is missing"),
        (_lose_a_body_and_its_line, "does not have it"),
        (_alter_the_audit_log, "audit log in the backup is broken at line 2"),
        (_of_a_newer_version, "version 999"),
        (lambda found: found.pop("manifest.json"), "without a manifest"),
        (lambda found: found.pop("ledger.db"), "ledger.db is missing"),
        (lambda found: found.update({"zz": b"behind"}), "follows the manifest"),
    ],
)
def test_an_altered_backup_is_refused(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], object], said: str
) -> None:
    rewritten(archive, change)
    with pytest.raises(StoreError, match=said):
        put_back(archive, tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").rglob("*")] == []


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/tmp/evil", "bodies/../../evil", "bodies/evil", "settings/../evil", "bodies/0000/../../../evil",
        "mailguard.db", "settings//evil", "",
    ],
)  # fmt: skip
def test_a_member_that_would_go_elsewhere_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.size = 4
    rewritten(archive, lambda found: None, info)
    with pytest.raises(StoreCorrupt):
        put_back(archive, tmp_path / "new")
    assert not list(tmp_path.rglob("evil"))
    assert not list((tmp_path / "new").rglob("*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_member_that_is_no_plain_file_is_refused(archive: Path, tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("ledger.db")
    info.type, info.linkname = kind, "/etc/passwd"
    rewritten(archive, lambda found: None, info)
    with pytest.raises(StoreCorrupt, match="no plain file"):
        put_back(archive, tmp_path / "new")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_backup_that_was_cut_short_is_refused(archive: Path, tmp_path: Path, share: float) -> None:
    octets = archive.read_bytes().rstrip(b"\0")
    archive.write_bytes(octets[: int(len(octets) * share)])
    with pytest.raises(StoreCorrupt):
        put_back(archive, tmp_path / "new")
    assert not list((tmp_path / "new").rglob("*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder], check=True, timeout=PATIENCE)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True, timeout=PATIENCE)


@needs_root
async def test_on_a_full_disk_the_old_backup_stays(tmp_path: Path, small_disk: Path) -> None:
    async with opened(tmp_path / "live") as ledger:
        await ledger.add(Disposition.CONFIRM)
        copy(tmp_path / "live", small_disk / "copy.tar")
        before = (small_disk / "copy.tar").read_bytes()
        for _ in range(6):
            await ledger.add(Disposition.CONFIRM, octets=LARGE)
        with pytest.raises(StoreFull):
            copy(tmp_path / "live", small_disk / "copy.tar")
        assert (small_disk / "copy.tar").read_bytes() == before
        assert os.listdir(small_disk) == ["copy.tar"]  # noqa: PTH208
        # A restore onto it fails, too, and leaves nothing behind.
        copy(tmp_path / "live", tmp_path / "whole.tar")
        with pytest.raises(StoreFull):
            put_back(tmp_path / "whole.tar", small_disk / "new")
        assert not os.listdir(small_disk / "new")  # noqa: PTH208


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("backup") / "mailguard", "mailbox:var/mailbox") as house:
        yield house


def _send(client: smtplib.SMTP, number: int) -> str:
    """A held mail; every second one is too large for a row. Returns its id."""
    octets = mail(f"mail {number}", file=True) + (b"line\r\n" * 15_000 if number % 2 else b"")
    client.mail(ANN)
    client.rcpt(OUTSIDE)
    code, text = client.data(octets)
    assert code == 250, text
    return text.decode().split()[-1]


@contextlib.contextmanager
def mail_that_flows(house: House) -> Iterator[list[str]]:
    """Mail comes in, one after the other, while the block lasts. Gives the ids that were acknowledged."""
    ids: list[str] = []
    stop = threading.Event()

    def flow() -> None:
        with smtplib.SMTP("127.0.0.1", house.smtp, timeout=PATIENCE) as client:
            client.ehlo()
            while not stop.is_set():
                ids.append(_send(client, len(ids)))

    thread = threading.Thread(target=flow)
    thread.start()
    try:
        yield ids
    finally:
        stop.set()
        thread.join(PATIENCE)


def test_a_running_house_is_copied_while_mail_flows(house: House, tmp_path: Path) -> None:
    lines = len(house.json("audit", "list", "--act", "backup")["lines"])
    with mail_that_flows(house) as ids:
        for number in range(2):
            while len(ids) < 10 * (number + 1):
                time.sleep(0.02)
            before = set(ids)
            said = house.json("backup", str(tmp_path / f"{number}.tar"))
            assert said["missing"] == []
            _recount(tmp_path / f"{number}.tar", tmp_path / f"back{number}", before)
        assert len(ids) > 20
    done = house.run("restore", str(tmp_path / "0.tar"), "--force")
    assert done.returncode == 1
    assert "another mailguard runs on this ledger" in done.stderr
    assert house.json("audit", "verify")["ok"]
    assert len(house.json("audit", "list", "--act", "backup")["lines"]) == lines + 2


def _recount(archive: Path, folder: Path, before: set[str]) -> None:
    """Every mail that was acknowledged before the backup began is there, whole and held."""
    assert put_back(archive, folder).held >= len(before)
    connection = sqlite3.connect(folder / "mailguard.db")
    sql = "SELECT m.id, m.state, m.sha256, b.octets FROM message m LEFT JOIN body b ON b.message = m.number"
    rows = {row[0]: row[1:] for row in connection.execute(f"{sql} WHERE m.kind = 'mail'")}
    connection.close()
    assert before <= rows.keys()
    for message_id, (state, digest, octets) in rows.items():
        found = octets or (folder / "bodies" / message_id[:4] / message_id).read_bytes()
        assert (state, hashlib.sha256(found).hexdigest()) == ("held", digest)


def test_a_backup_that_is_killed_leaves_no_half_one(house: House, tmp_path: Path) -> None:
    target = tmp_path / "copy.tar"
    with mail_that_flows(house) as ids:
        while len(ids) < 40:
            time.sleep(0.05)
    command = [sys.executable, "-m", "mailguard", "backup", str(target), "--config", str(house.config)]
    for _ in range(2):
        child = subprocess.Popen(command, cwd=house.folder, stderr=subprocess.PIPE)
        while not list(tmp_path.glob(".copy.tar.*.part")) and child.poll() is None:
            time.sleep(0.001)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate(timeout=PATIENCE)
        assert not target.exists() or "manifest.json" in members(target)  # it was faster than the signal
        target.unlink(missing_ok=True)
    assert house.json("backup", str(target))["messages"] >= 40
    assert [path.name for path in tmp_path.iterdir()] == ["copy.tar"]


def test_the_settings_come_along_and_can_be_written_out(house: House, tmp_path: Path) -> None:
    house.json("backup", str(tmp_path / "copy.tar"))
    said = house.json("restore", str(tmp_path / "copy.tar"), "--settings", str(tmp_path / "settings"))
    assert set(said["files"]) == {"settings/mailguard.yaml", "settings/policies/rules.yaml", "settings/users.yaml"}
    for name in ("mailguard.yaml", "policies/rules.yaml"):
        assert (tmp_path / "settings" / name).read_bytes() == (house.folder / name).read_bytes()
    made_at = json.loads(members(tmp_path / "copy.tar")["manifest.json"])["made_at"]
    assert datetime.fromisoformat(made_at).tzinfo == UTC
    # Nothing of them goes where they were not asked for.
    put_back(tmp_path / "copy.tar", tmp_path / "new")
    assert not list(tmp_path.glob("new/**/*.yaml"))
