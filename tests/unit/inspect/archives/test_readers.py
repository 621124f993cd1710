"""The readers of archives by themselves: hostile headers are refused before anything is made of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest
from tests.golden.inspect.makers import zip_of

from mailguard.inspect.archives.cabs import read_cab
from mailguard.inspect.archives.entries import TooLarge, Unpackable
from mailguard.inspect.archives.isos import read_iso
from mailguard.inspect.archives.keyring import Keyring
from mailguard.inspect.archives.lzhuf import unpacked
from mailguard.inspect.archives.marks import MARK_7Z, is_tar, octal
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.archives.pull import Pull
from mailguard.inspect.archives.rars import read_rar
from mailguard.inspect.archives.sevenheader import read_header
from mailguard.inspect.archives.sevenkeys import key_of, properties_of
from mailguard.inspect.archives.sevenzips import is_start, read_7z
from mailguard.inspect.archives.sparse import filled, old_holes, pax_holes
from mailguard.inspect.archives.tars import read_tar
from mailguard.inspect.archives.zipcrypt import decrypted, keys_of
from mailguard.inspect.archives.zipfiles import list_members
from mailguard.inspect.content import Content, FileIn, Inner
from mailguard.inspect.limits import Budget, ReadingLimits


def file(octets: bytes) -> FileIn:
    return FileIn("a", "", octets, "here")


def budget(*passwords: str, **limits: int) -> Budget:
    made = Budget(ReadingLimits(**limits))
    made.passwords = lambda: passwords
    return made


def inner(content: Content) -> list[Inner]:
    return list(content.inner)


def seven(header: bytes, packed: bytes = b"") -> bytes:
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return MARK_7Z + b"\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


# --- 7z ---------------------------------------------------------------------------------------------------------------

HUGE = b"\xff" + b"\xff" * 7 + b"\x0f"  # a number of eight octets


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x01",
        b"\x02",
        b"\x01\x05" + HUGE,  # files
        b"\x01\x04\x06\x00" + HUGE + b"\x09",  # packed streams
        b"\x01\x04\x07\x0b" + HUGE + b"\x00",  # folders
        b"\x01\x04\x07\x0b\x01\x00\x7f",  # coders
        b"\x01\x04\x07\x0b\x01\x00\x01\x11\x00" + HUGE,  # inputs of a coder
        b"\x01\x04\x07\x0b\x01\x00\x01\x01\x00\x0c\x01\x00\x08\x0d" + HUGE,  # files in a folder
        b"\x01\x02" + b"\x01" + HUGE,  # a property
        b"\x01\x99",
    ],
)
def test_a_7z_header_that_counts_more_than_it_has(header: bytes) -> None:
    with pytest.raises((Unpackable, IndexError)):
        read_header(header)
    found = budget()
    content = read_7z(file(seven(header)), found)
    assert not content.whole or not header
    assert found.found("unparseable_attachment") or not header


def test_7z_headers_in_headers_end() -> None:
    """A header that is packed, and is its own packed form."""
    encoded = b"\x17\x06\x00\x01\x09\x14\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x14\x00\x00"
    packed = encoded.ljust(20, b"\0")
    found = budget()
    assert not read_7z(file(seven(encoded, packed)), found).whole
    assert found.found("unparseable_attachment")


def test_an_empty_7z_archive() -> None:
    found = budget()
    content = read_7z(file(seven(b"")), found)
    assert content.whole
    assert inner(content) == []
    assert found.findings() == ()


def test_a_7z_mark_alone_is_no_start() -> None:
    assert not is_start(MARK_7Z + bytes(40), 0)
    assert not is_start(MARK_7Z, 0)


def test_7z_keys() -> None:
    # one round, and a few: by the words of the format, computed the plain way
    for power in (0, 3, 17):
        plain = b"".join(b"salt" + "pw".encode("utf-16-le") + struct.pack("<Q", n) for n in range(1 << power))
        from hashlib import sha256

        assert key_of("pw", power, b"salt") == sha256(plain).digest()
    assert key_of("pw", 63, b"s") == b"sp\0w\0".ljust(32, b"\0")
    with pytest.raises(Unpackable):
        key_of("pw", 30, b"")
    assert properties_of(bytes((0x53, 0x07)) + b"12345678") == (19, b"", b"12345678".ljust(16, b"\0"))
    assert properties_of(bytes((0xD3, 0x10)) + b"abc")[:2] == (19, b"ab")


# --- zip --------------------------------------------------------------------------------------------------------------


def test_the_old_cipher_by_its_own_words() -> None:
    """What encrypts is the mirror of what decrypts."""

    def encrypted(plain: bytes, password: bytes) -> bytes:
        out = b""
        for n in range(len(plain)):
            # the key stream does not depend on the octet itself: the one that gives this octet is found by trying
            out += next(bytes((one,)) for one in range(256) if decrypted(out + bytes((one,)), password)[n] == plain[n])
        return out

    assert keys_of(b"") == (0x12345678, 0x23456789, 0x34567890)
    assert decrypted(encrypted(b"hello", b"pw"), b"pw") == b"hello"
    assert decrypted(encrypted(b"hello", b"pw"), b"px") != b"hello"


def test_many_ends_and_marks_take_no_time() -> None:
    octets = zip_of({"a.txt": b"x"}) + b"PK\5\6" * 50_000 + b"PK\3\4" * 50_000 + b"PK\7\x08" * 50_000
    assert "a.txt" in {one.name for one in list_members(octets, 2000).members}


def test_passwords_are_counted() -> None:
    ring = Keyring(budget(*(f"p{n}" for n in range(100)), passwords=3), "here")
    assert list(ring.tried()) == ["p0", "p1", "p2"]
    ring.fits("p2")
    assert next(iter(ring.tried())) == "p2"
    assert sum(len(list(ring.tried())) for _ in range(100)) < 30


# --- the others -------------------------------------------------------------------------------------------------------


def cab(folder: tuple[int, int, int], files: list[tuple[int, int, int, bytes]], blocks: bytes, flags: int = 0) -> bytes:
    entries = b"".join(
        struct.pack("<IIHHHH", size, at, number, 0, 0, 0) + name + b"\0" for size, at, number, name in files
    )
    first = 36 + 8
    total = first + len(entries) + len(blocks)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, total, 0, first, 0, 3, 1, 1, len(files), flags, 0, 0)
    return head + struct.pack("<IHH", first + len(entries), *folder[1:]) + entries + blocks


def test_cabinets() -> None:
    block = struct.pack("<IHH", 0, 6, 6) + b"abcdef"
    plain = read_cab(file(cab((0, 1, 0), [(2, 4, 0, b"b.txt"), (3, 0, 0, b"a.txt")], block)), budget())
    assert [(one.name, one.octets) for one in plain.inner] == [("a.txt", b"abc"), ("b.txt", b"ef")]
    over = inner(read_cab(file(cab((0, 1, 0), [(3, 0, 0, b"a"), (3, 1, 0, b"b"), (9, 5, 0, b"c")], block)), budget()))
    assert [one.octets for one in over] == [b"abc", None, None]
    packed = inner(read_cab(file(cab((0, 1, 3), [(3, 0, 0, b"a")], block)), budget()))
    assert "LZX" in packed[0].why
    elsewhere = inner(read_cab(file(cab((0, 1, 0), [(3, 0, 0xFFFD, b"a")], block)), budget()))
    assert "volume" in elsewhere[0].why
    found = budget()
    assert not read_cab(file(b"MSCF" + bytes(10)), found).whole
    follows_another = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, 99, 0, 44, 0, 3, 1, 1, 1, 1, 0, 0)
    assert not read_cab(file(follows_another + b"a name without an end"), found).whole
    assert found.found("unparseable_attachment")


def test_blocks_of_a_cabinet_refer_to_the_block_before() -> None:
    text = bytes(range(256)) * 100
    blocks = b""
    for before in (b"", text):
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before) if before else zlib.compressobj(9, 8, -15)
        data = b"CK" + deflater.compress(text) + deflater.flush()
        blocks += struct.pack("<IHH", 0, len(data), len(text)) + data
    (one,) = inner(read_cab(file(cab((0, 2, 1), [(2 * len(text), 0, 0, b"a")], blocks)), budget()))
    assert one.octets == 2 * text


def iso(records: bytes, size: int = 2048) -> bytes:
    root = bytes((34, 0)) + struct.pack("<I4xI4x", 18, size) + bytes(7) + b"\2" + bytes(6) + b"\1\0"
    first = b"\1CD001\1" + bytes(73) + struct.pack("<I", 19) + bytes(72) + root
    return bytes(16 * 2048) + first.ljust(2048, b"\0") + b"\xffCD001".ljust(2048, b"\0") + records.ljust(2048, b"\0")


def record(name: bytes, extent: int, size: int, flags: int) -> bytes:
    length = 33 + len(name) + (len(name) + 1) % 2
    head = bytes((length, 0)) + struct.pack("<I4xI4x", extent, size) + bytes(7) + bytes((flags,)) + bytes(6)
    return (head + bytes((len(name),)) + name).ljust(length, b"\0")


def test_a_disc_whose_folder_contains_itself() -> None:
    octets = iso(record(b"LOOP", 18, 2048, 2) + record(b"A.TXT;1", 16, 7, 0) + record(b"FAR.TXT;1", 9999, 7, 0))
    found = inner(read_iso(file(octets), budget()))
    assert [(one.name, one.octets) for one in found] == [("A.TXT", octets[32768:32775]), ("FAR.TXT", None)]


def test_a_disc_of_many_empty_folders_ends() -> None:
    records = b"".join(record(b"D%d" % n, 18, 2**31, 2) for n in range(30))
    found = budget(members=50)
    assert inner(read_iso(file(iso(records, 2**31)), found)) == []


@pytest.mark.parametrize("octets", [b"Rar!\x1a\x07\x00" + bytes(99), b"Rar!\x1a\x07\x01\x00" + b"\xff" * 99])
def test_broken_rar_headers(octets: bytes) -> None:
    found = budget()
    assert not read_rar(file(octets), found).whole
    assert found.found("unparseable_attachment")


@pytest.mark.parametrize("packed", [b"", bytes(50), b"\xff" * 50, b"\0\1" * 40, bytes(range(256))])
def test_broken_lha_data(packed: bytes) -> None:
    with pytest.raises(Unpackable):
        unpacked(packed, b"-lh5-", 100_000)


def tar_header(name: bytes, size: bytes, kind: bytes = b"0", more: bytes = b"") -> bytes:
    block = bytearray((name.ljust(124, b"\0") + size.ljust(12, b"\0")).ljust(512, b"\0"))
    block[156:157] = kind
    block[386 : 386 + len(more)] = more
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_sizes_in_tar_headers_are_claims() -> None:
    for size in (b"\xff" * 12, b"\x80" + b"\xff" * 11, b"7" * 11, b"-1", b"xyz"):
        octets = tar_header(b"a.txt", size) + b"hello".ljust(512, b"\0") + bytes(1024)
        assert is_tar(octets)
        assert len(inner(read_tar(file(octets), budget()))) == 1
    assert not is_tar(bytes(512))
    assert not is_tar(b"text" * 200)


def test_numbers_of_tar() -> None:
    assert [octal(one) for one in (b"0000017\0", b" 17 ", b"19", b"", b"\x80" + bytes(6) + b"\1\0")] == [
        15,
        15,
        0,
        0,
        256,
    ]


def test_sparse_files() -> None:
    pair = b"%011o\0%011o\0"
    header = tar_header(b"a", b"3", b"S", pair % (5, 3) + bytes(73) + b"%011o\0" % 10)
    assert old_holes(header, Pull(iter(()), 0)) == ([(5, 3)], 10)
    assert filled(b"abc", [(5, 3)], 10, 100) == bytes(5) + b"abc" + bytes(2)
    assert filled(b"abc", [(5, 3)], 10, 9) == b"abc"
    assert filled(b"abc", [(5, 3)], 2**40, 2**50) == b"abc"
    octets, holes, real = pax_holes(
        b"1\n5\n3\n".ljust(512, b"\0") + b"abc", {"GNU.sparse.major": b"1", "GNU.sparse.realsize": b"10"}
    )
    assert (octets, holes, real) == (b"abc", [(5, 3)], 10)
    assert pax_holes(b"abc", {"GNU.sparse.map": b"5,3", "GNU.sparse.size": b"10"}) == (b"abc", [(5, 3)], 10)
    assert pax_holes(b"abc", {}) == (b"abc", None, 3)


def test_a_source_is_pulled_within_its_limit() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"abc"
        yield b"def"
        raise Unpackable("broken")

    source = Pull(pieces(), 100)
    assert source.peek(4) == b"abcd"
    assert source.read(2) == b"ab"
    source.skip(1)
    assert source.rest() == b"def"
    assert source.broken == "broken"
    with pytest.raises(TooLarge):
        Pull(iter((b"abc", b"def")), 5).rest()
    with pytest.raises(Unpackable):
        Pull((_fail(one) for one in b"x"), 5).read(1)


def _fail(_one: int) -> bytes:
    raise Unpackable("broken")


@pytest.mark.parametrize("name", ["顧客名簿.xlsx", "見積書（案）.pdf", "ﾃﾞｰﾀ.txt", "ソ.txt", "plain.txt", "髙﨑.doc"])
def test_old_names_in_japanese(name: str) -> None:
    assert old_name(name.encode("cp932")) == name
    assert old_name(name.encode()) == name


@pytest.mark.parametrize("name", ["機密.txt", "顧客名簿.csv", "テスト資料.txt"])
def test_old_names_of_unix(name: str) -> None:
    assert old_name(name.encode("euc_jp"), unix=True) == name
