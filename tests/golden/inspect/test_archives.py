"""Archives as real programs make them, read through the whole reader: kinds, passwords, damage.

Every archive is made once, of the same four files, by the program whose name stands beside it.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.golden.inspect.makers import CARD, attachment, multipart, part

from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

SECRET = "Himitsu#99"
LIST = f"name,card\nA,{CARD}\n".encode() * 20
NOTE = ("機密事項 KINGFISHER\n" * 50).encode()
ALL = "list.csv", "sub/機密.txt", "large.txt", "empty.txt"
ENCRYPTED = f"-p{SECRET}"

#: name: (command in the folder of the four files, {} for the archive), or what 7zz is told.
MADE = {
    "lzma.7z": "7zz a -bso0 -bsp0 {} . -m0=LZMA",
    "lzma2.7z": "7zz a -bso0 -bsp0 {} . -m0=LZMA2",
    "bzip2.7z": "7zz a -bso0 -bsp0 {} . -m0=BZip2",
    "deflate.7z": "7zz a -bso0 -bsp0 {} . -m0=Deflate",
    "copy.7z": "7zz a -bso0 -bsp0 {} . -m0=Copy",
    "delta.7z": "7zz a -bso0 -bsp0 {} . -m0=Delta:4 -m1=LZMA2",
    "x86.7z": "7zz a -bso0 -bsp0 {} . -m0=BCJ -m1=LZMA",
    "x86-copy.7z": "7zz a -bso0 -bsp0 {} . -m0=BCJ -m1=Copy",
    "arm.7z": "7zz a -bso0 -bsp0 {} . -m0=ARM -m1=LZMA2",
    "ppc.7z": "7zz a -bso0 -bsp0 {} . -m0=PPC -m1=LZMA2",
    "sparc.7z": "7zz a -bso0 -bsp0 {} . -m0=SPARC -m1=LZMA2",
    "ia64.7z": "7zz a -bso0 -bsp0 {} . -m0=IA64 -m1=LZMA2",
    "plain-header.7z": "7zz a -bso0 -bsp0 {} . -mhc=off",
    "not-solid.7z": "7zz a -bso0 -bsp0 {} . -ms=off",
    "info.zip": "zip -q -r {} .",
    "bzip2.zip": "7zz a -bso0 -bsp0 -tzip {} . -mm=BZip2",
    "lzma.zip": "7zz a -bso0 -bsp0 -tzip {} . -mm=LZMA",
    "xz.zip": "7zz a -bso0 -bsp0 -tzip {} . -mm=xz",
    "stored.zip": "7zz a -bso0 -bsp0 -tzip {} . -mm=Copy",
    "gnu.tar": "tar --format=gnu -cf {} " + " ".join(ALL),
    "pax.tar": "tar --format=pax -cf {} " + " ".join(ALL),
    "v7.tar": "tar --format=v7 -cf {} " + " ".join(ALL),
    "a.tgz": "tar -czf {} " + " ".join(ALL),
    "a.tar.bz2": "tar -cjf {} " + " ".join(ALL),
    "a.txz": "tar -cJf {} " + " ".join(ALL),
    "stored.cab": "gcab -c {} " + " ".join(ALL),
    "mszip.cab": "gcab -c -z {} " + " ".join(ALL),
    "joliet.iso": "genisoimage -quiet -J -input-charset utf-8 -o {} .",
    "rock.iso": "genisoimage -quiet -R -input-charset utf-8 -o {} .",
}
CLOSED = {
    "crypto.zip": f"zip -q -r -P {SECRET} {{}} .",
    "crypto-7zip.zip": f"7zz a -bso0 -bsp0 -tzip {{}} . {ENCRYPTED} -mem=ZipCrypto",
    "aes128.zip": f"7zz a -bso0 -bsp0 -tzip {{}} . {ENCRYPTED} -mem=AES128",
    "aes192.zip": f"7zz a -bso0 -bsp0 -tzip {{}} . {ENCRYPTED} -mem=AES192",
    "aes256.zip": f"7zz a -bso0 -bsp0 -tzip {{}} . {ENCRYPTED} -mem=AES256",
    "aes.7z": f"7zz a -bso0 -bsp0 {{}} . {ENCRYPTED}",
    "aes-copy.7z": f"7zz a -bso0 -bsp0 {{}} . {ENCRYPTED} -mx0",
    "aes-not-solid.7z": f"7zz a -bso0 -bsp0 {{}} . {ENCRYPTED} -ms=off",
    "aes-header.7z": f"7zz a -bso0 -bsp0 {{}} . {ENCRYPTED} -mhe=on",
}
UNREAD = {
    "ppmd.7z": ("7zz a -bso0 -bsp0 {} . -m0=PPMd", "PPMd"),
    "bcj2.7z": ("7zz a -bso0 -bsp0 {} . -m0=BCJ2 -m1=LZMA", "BCJ2"),
    "deflate64.7z": ("7zz a -bso0 -bsp0 {} . -m0=Deflate64", "Deflate64"),
    "deflate64.zip": ("7zz a -bso0 -bsp0 -tzip {} . -mm=Deflate64", "Deflate64"),
    "ppmd.zip": ("7zz a -bso0 -bsp0 -tzip {} . -mm=PPMd", "PPMd"),
}
OTHERS = {
    "a.lzh": "jlha a {} list.csv large.txt empty.txt",
    "stored.lzh": "jlha az {} list.csv large.txt empty.txt",
    "split.zip": "zip -q -0 -r -s 64k {} .",
    "split.7z": "7zz a -bso0 -bsp0 {} . -v2k",
    "udf.iso": "genisoimage -quiet -udf -input-charset utf-8 -o {} .",
    "short.iso": "genisoimage -quiet -input-charset utf-8 -o {} .",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all archives."""
    source, out = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("archives")
    shuffle = random.Random(7)
    words = ["".join(shuffle.choices("abcdefgh機密", k=6)) for _ in range(2000)]
    (source / "sub").mkdir()
    (source / "list.csv").write_bytes(LIST)
    (source / "sub" / "機密.txt").write_bytes(NOTE)
    (source / "large.txt").write_text(" ".join(shuffle.choices(words, k=8_000)) + " FALCON")
    (source / "empty.txt").touch()
    commands = {**MADE, **CLOSED, **OTHERS, **{name: command for name, (command, _) in UNREAD.items()}}
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    for name, command in commands.items():
        words = command.format(out / name).split()
        subprocess.run(words, cwd=source, env=environment, check=True, capture_output=True, timeout=120)
    return out


def read(octets: bytes, name: str, text: str = "see the file", limits: ReadingLimits | None = None) -> Facts:
    body = part(text.encode() + b"\r\n", b"Content-Type: text/plain; charset=utf-8")
    return read_mail(multipart(body, attachment(octets, name)), limits or ReadingLimits())


def every(attachments: tuple[Attachment, ...]) -> Iterator[Attachment]:
    for one in attachments:
        yield one
        yield from every(one.members)


def by_name(facts: Facts) -> dict[str, Attachment]:
    return {one.filename: one for one in every(facts.attachments)}


def codes(facts: Facts) -> set[str]:
    return {one.code for one in facts.findings}


@pytest.mark.parametrize("name", MADE)
def test_what_programs_make_is_read_whole(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name)
    files = by_name(facts)
    assert set(ALL) <= set(files)
    assert files["list.csv"].text.strip() == LIST.decode().strip()
    assert "KINGFISHER" in files["sub/機密.txt"].text
    assert files["large.txt"].text.endswith("FALCON")
    assert all(one.inspected and not one.encrypted for one in files.values())
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert facts.findings == ()


@pytest.mark.parametrize("name", CLOSED)
def test_without_the_password_an_archive_is_only_listed(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name)
    files = by_name(facts)
    assert files[name].encrypted
    assert not files[name].inspected
    assert ("sub/機密.txt" in files) == (name != "aes-header.7z")
    assert all(one.encrypted for one in files.values() if one.size)
    assert codes(facts) == {"encrypted"}
    assert "payment_card" not in facts.personal_data


@pytest.mark.parametrize("name", CLOSED)
def test_with_the_password_in_the_mail_an_archive_is_read(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name, f"パスワード: {SECRET}")
    files = by_name(facts)
    assert set(ALL) <= set(files)
    assert "KINGFISHER" in files["sub/機密.txt"].text
    assert files["large.txt"].text.endswith("FALCON")
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert files[name].encrypted
    assert files["list.csv"].encrypted
    assert files[name].inspected
    assert codes(facts) == {"encrypted", "password_in_mail"}


@pytest.mark.parametrize("name", CLOSED)
def test_a_wrong_password_opens_nothing(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name, "\n".join(f"パスワード: Himitsu#{n}" for n in range(12)))
    assert codes(facts) == {"encrypted"}
    assert "payment_card" not in facts.personal_data


def test_aes_data_that_somebody_changed_are_not_believed(made: Path) -> None:
    octets = bytearray((made / "aes256.zip").read_bytes())
    octets[len(octets) // 2] ^= 1
    facts = read(bytes(octets), "a.zip", f"パスワード: {SECRET}")
    assert "password_in_mail" in codes(facts)
    assert not by_name(facts)["large.txt"].inspected
    assert by_name(facts)["list.csv"].inspected


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_undone_is_listed_and_said(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name)
    files = by_name(facts)
    assert set(ALL) <= set(files)
    assert not files[name].inspected
    assert not files["list.csv"].inspected
    assert any(one.code == "not_inspectable" and UNREAD[name][1] in one.detail for one in facts.findings)


@pytest.mark.parametrize("name", ["a.lzh", "stored.lzh"])
def test_lha(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name)
    files = by_name(facts)
    assert files["large.txt"].text.endswith("FALCON")
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert facts.findings == ()


@pytest.mark.parametrize("name", ["split.zip", "split.z01", "split.7z.001", "split.7z.002"])
def test_one_volume_of_several_is_never_taken_for_the_whole(made: Path, name: str) -> None:
    facts = read((made / name).read_bytes(), name)
    assert not facts.attachments[0].inspected
    assert "not_inspectable" in codes(facts)


def test_discs(made: Path) -> None:
    both = read((made / "udf.iso").read_bytes(), "a.iso")
    assert not both.attachments[0].inspected
    assert "not_inspectable" in codes(both)
    short = read((made / "short.iso").read_bytes(), "a.iso")
    assert {"LIST.CSV", "LARGE.TXT"} <= set(by_name(short))
    assert short.findings == ()


@pytest.mark.parametrize("name", ["lzma.7z", "info.zip", "mszip.cab", "aes-header.7z"])
def test_archives_behind_a_program(made: Path, name: str) -> None:
    stub = b"MZ" + bytes(300) + b"7z\xbc\xaf\x27\x1c MSCF\0\0\0\0 PK\3\4 Rar!\x1a\x07\x00" + bytes(200)
    facts = read(stub + (made / name).read_bytes(), "setup.exe", f"パスワード: {SECRET}")
    assert facts.attachments[0].short_type == "exe"
    assert not facts.attachments[0].inspected
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert "executable" in codes(facts)


def test_an_archive_behind_a_picture_is_seen(made: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    facts = read(picture + (made / "info.zip").read_bytes(), "a.png")
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert "ambiguous_archive" in codes(facts)
    assert read(picture, "a.png").findings == ()


@pytest.mark.parametrize("name", [*MADE, *CLOSED, "a.lzh"])
def test_cut_off_archives_say_so(made: Path, name: str) -> None:
    octets = (made / name).read_bytes()
    facts = read(octets[: len(octets) // 3], name, f"パスワード: {SECRET}")
    assert not facts.attachments[0].inspected
    assert codes(facts) & {"unparseable_attachment", "not_inspectable"}
    assert "unreadable" not in codes(facts)


@pytest.mark.parametrize("name", [*MADE, *CLOSED, *UNREAD, "a.lzh", "split.zip", "split.z01", "udf.iso"])
def test_damage_anywhere_costs_no_mail_its_facts(made: Path, name: str) -> None:
    """Octets flipped, overwritten, taken out, cut off: there are facts, and no reader failed in an unforeseen way."""
    octets = (made / name).read_bytes()[:300_000]
    dice = random.Random(name)
    for _ in range(12):
        facts = read(damaged(octets, dice), name, f"パスワード: {SECRET}", ReadingLimits(expanded_bytes=2**24))
        assert facts.text.startswith("パスワード")
        assert not [one for one in facts.findings if one.code == "unreadable" or "reader failed" in one.detail]


def damaged(octets: bytes, dice: random.Random) -> bytes:
    out = bytearray(octets)
    size = len(out)
    for _ in range(dice.choice((1, 1, 2, 5))):
        # headers stand at the beginning and at the end
        at = dice.choice(
            (dice.randrange(size), dice.randrange(min(size, 200)), size - 1 - dice.randrange(min(size, 200)))
        )
        match dice.randrange(4):
            case 0:
                out[at] ^= 1 << dice.randrange(8)
            case 1:
                value = dice.choice((b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"))[: size - at]
                out[at : at + len(value)] = value
            case 2:
                out[at : at + 8] = out[:8]
            case _:
                return bytes(out[:at])
    return bytes(out)
