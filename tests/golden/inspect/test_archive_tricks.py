"""Archives that are odd on purpose: two readings, lies, bombs, and kinds that only hands make here."""

from __future__ import annotations

import gzip
import struct
import unicodedata
import zlib

import pytest
import zstandard
from tests.golden.inspect.boxes import ZipMember, lzh, overlapping, rar4, rar5, zip_box, zip_parts
from tests.golden.inspect.makers import CARD, CARD_2, tar_of, zip_of
from tests.golden.inspect.test_archives import by_name, codes, read

from mailguard.inspect.limits import ReadingLimits
from mailguard.mail.facts import Facts

TEXT = f"KINGFISHER {CARD}".encode()


def cards(facts: Facts) -> tuple[str, ...]:
    return facts.personal_data["payment_card"].values if "payment_card" in facts.personal_data else ()


def info_zip(name: bytes, real: str) -> bytes:
    value = b"\x01" + struct.pack("<I", zlib.crc32(name)) + real.encode()
    return struct.pack("<HH", 0x7075, len(value)) + value


@pytest.mark.parametrize(
    ("raw", "flags", "extra", "shown"),
    [
        ("顧客表.txt".encode("cp932"), 0, b"", "顧客表.txt"),
        ("ソ表示能力.txt".encode("cp932"), 0, b"", "ソ表示能力.txt"),
        ("①㈱髙﨑.txt".encode("cp932"), 0, b"", "①㈱髙﨑.txt"),
        ("顧客表.txt".encode(), 0x800, b"", "顧客表.txt"),
        ("顧客表.txt".encode(), 0, b"", "顧客表.txt"),
        ("顧客名簿.txt".encode("euc_jp"), 0, b"", "顧客名簿.txt"),
        ("schön für Café.txt".encode("cp437"), 0, b"", "schön für Café.txt"),
        (b"list.txt", 0, info_zip(b"list.txt", "顧客.txt"), "顧客.txt"),
        (b"list.txt", 0, info_zip(b"other.txt", "顧客.txt"), "list.txt"),
        (unicodedata.normalize("NFD", "ガイド.txt").encode(), 0, b"", "ガイド.txt"),
        ("資料\\表.txt".encode("cp932"), 0, b"", "資料/表.txt"),
        (b"../../etc/x.txt", 0, b"", "etc/x.txt"),
        (b"C:\\a\\x.txt", 0, b"", "a/x.txt"),
    ],
)
def test_names_of_zip_members(raw: bytes, flags: int, extra: bytes, shown: str) -> None:
    facts = read(zip_box(ZipMember(raw, TEXT, flags=flags, extra=extra)), "a.zip")
    assert [one.filename for one in facts.attachments[0].members] == [shown]
    assert facts.findings == ()


def test_half_width_kana_stay_what_they_are() -> None:
    facts = read(zip_box(ZipMember("ﾘｽﾄ.txt".encode("cp932"), TEXT)), "a.zip")
    assert by_name(facts)["a.zip"].members[0].filename == "ﾘｽﾄ.txt"


def test_two_names_of_one_member_are_both_shown() -> None:
    facts = read(zip_box(ZipMember(b"harmless.txt", TEXT, local_name=b"run.exe")), "a.zip")
    assert {"harmless.txt", "run.exe"} <= set(by_name(facts))
    assert "ambiguous_archive" in codes(facts)


def test_a_member_that_only_one_header_calls_encrypted_is_read_as_plain_too() -> None:
    for member in (ZipMember(b"a.txt", TEXT, flags=1, local_flags=0), ZipMember(b"a.txt", TEXT, local_flags=1)):
        facts = read(zip_box(member), "a.zip")
        assert cards(facts) == (CARD,)
        assert {"ambiguous_archive", "encrypted"} <= codes(facts)


def test_comments_are_text() -> None:
    octets = zip_box(ZipMember(b"a.txt", b"x", comment=CARD.encode()), comment="秘密の注記".encode("cp932"))
    facts = read(octets, "a.zip")
    assert cards(facts) == (CARD,)
    assert "秘密の注記" in facts.attachments[0].text


def test_a_zip_in_a_zip_is_not_ambiguous() -> None:
    inner = zip_of({"in.txt": TEXT})
    octets = zip_box(ZipMember(b"in.zip", inner), ZipMember(b"b.txt", b"beta"))
    facts = read(octets, "a.zip")
    assert [one.filename for one in facts.attachments[0].members] == ["in.zip", "b.txt"]
    assert facts.findings == ()


def test_several_zips_in_one_file_are_all_read() -> None:
    boxes = [zip_box(ZipMember(b"%d.txt" % n, card.encode(), method=8)) for n, card in enumerate((CARD, CARD_2))]
    for octets in (b"".join(boxes), bytes(1000) + b"".join(boxes)):
        facts = read(octets, "a.zip")
        assert set(cards(facts)) == {CARD, CARD_2}
        assert "ambiguous_archive" in codes(facts)


def test_data_behind_a_zip_are_said() -> None:
    octets = zip_of({"a.txt": TEXT})
    assert "ambiguous_archive" in codes(read(octets + b"more", "a.zip"))
    assert read(octets + b"\r\n\0", "a.zip").findings == ()


def test_a_zip_behind_a_text_is_seen_with_the_text() -> None:
    facts = read(b"alpha\r\n" * 2000 + zip_of({"a.txt": TEXT}), "note.txt")
    assert facts.attachments[0].text.startswith("alpha")
    assert cards(facts) == (CARD,)
    assert "ambiguous_archive" in codes(facts)
    assert not facts.attachments[0].inspected


def test_members_whose_length_follows_them() -> None:
    members = [ZipMember(b"a.txt", TEXT, method=8, descriptor=True), ZipMember(b"b.txt", b"beta", descriptor=True)]
    whole = read(zip_box(*members), "a.zip")
    assert whole.findings == ()
    assert by_name(whole)["b.txt"].text == "beta"
    front, _, _ = zip_parts(*members)
    cut = read(front, "a.zip")
    assert by_name(cut)["a.txt"].text == TEXT.decode()
    assert by_name(cut)["b.txt"].text == "beta"
    assert {"unparseable_attachment", "ambiguous_archive"} <= codes(cut)
    assert not cut.attachments[0].inspected


def test_a_zip64_archive_is_read() -> None:
    sizes = struct.pack("<HHQQ", 1, 16, len(TEXT), len(TEXT))
    facts = read(zip_box(ZipMember(b"a.txt", TEXT, size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=sizes)), "a.zip")
    assert cards(facts) == (CARD,)
    assert facts.findings == ()


@pytest.mark.parametrize("claimed", [1, 10, 5000])
def test_a_size_that_lies_hides_nothing(claimed: int) -> None:
    facts = read(zip_box(ZipMember(b"a.txt", b"." * 500 + TEXT, method=8, size=claimed)), "a.zip")
    assert cards(facts) == (CARD,)
    assert "ambiguous_archive" in codes(facts)


def test_data_in_a_folder_are_read() -> None:
    facts = read(zip_box(ZipMember(b"folder/", TEXT, size=0)), "a.zip")
    assert cards(facts) == (CARD,)


def test_a_damaged_member_is_said() -> None:
    octets = zip_box(ZipMember(b"a.txt", TEXT)).replace(b"KING", b"WING")
    assert "unparseable_attachment" in codes(read(octets, "a.zip"))


def test_strong_encryption_and_an_encrypted_directory() -> None:
    strong = read(zip_box(ZipMember(b"a.txt", bytes(40), flags=0x41)), "a.zip")
    assert {"encrypted", "not_inspectable"} <= codes(strong)
    front, _, _ = zip_parts(ZipMember(b"1", bytes(40), flags=0x2041))
    masked = (
        front
        + b"PK\x06\x08"
        + struct.pack("<I", 4)
        + bytes(90)
        + struct.pack("<4sHHHHIIH", b"PK\5\6", *[0] * 4, 90, len(front), 0)
    )
    facts = read(masked, "a.zip")
    assert facts.attachments[0].encrypted
    assert not facts.attachments[0].inspected


def test_members_that_share_their_data() -> None:
    few = read(overlapping(TEXT, 3), "a.zip")
    assert cards(few) == (CARD,)
    assert {"ambiguous_archive", "bomb"} <= codes(few)
    many = read(overlapping(bytes(2**20), 500), "a.zip")
    assert "bomb" in codes(many)
    assert not many.attachments[0].inspected


def test_zips_in_zips_end_at_a_depth() -> None:
    octets = zip_of({"deep.txt": TEXT})
    for _ in range(12):
        octets = zip_of({"in.zip": octets})
    facts = read(octets, "a.zip")
    assert "nested_too_deep" in codes(facts)
    assert not facts.attachments[0].inspected


def test_a_tree_of_bombs_ends() -> None:
    octets = zip_of({"zero": bytes(4 * 2**20)})
    for _ in range(5):
        octets = zip_of({f"{n}.zip": octets for n in range(16)})
    facts = read(octets, "a.zip")
    assert {"bomb", "limit_reached"} <= codes(facts)
    assert not facts.attachments[0].inspected


@pytest.mark.parametrize("kind", ["zip", "tar", "gz", "zst"])
def test_what_comes_out_is_bounded(kind: str) -> None:
    large = b"x\0" * 2**19 * 3
    octets = {
        "zip": lambda: zip_of({"a": large}),
        "tar": lambda: tar_of({"a": large}),
        "gz": lambda: gzip.compress(large),
        "zst": lambda: zstandard.compress(large),
    }[kind]()
    ratio = read(octets, "a", limits=ReadingLimits(ratio=10))
    assert "bomb" in codes(ratio)
    assert not ratio.attachments[0].inspected
    total = read(octets, "a", limits=ReadingLimits(expanded_bytes=2**20, ratio=10_000))
    assert codes(total) & {"limit_reached", "bomb"}
    assert not total.attachments[0].inspected


def test_too_many_members_are_said() -> None:
    few = ReadingLimits(members=5)
    many = {f"{n}.txt": b"x" for n in range(9)}
    for octets in (zip_of(many), tar_of(many), tar_of(many, "w"), rar5(*((name, b"x") for name in many))):
        facts = read(octets, "a", limits=few)
        assert "limit_reached" in codes(facts)
        assert not facts.attachments[0].inspected
        assert len(facts.attachments[0].members) == 5


@pytest.mark.parametrize(
    "octets", [rar4((b"a.txt", TEXT), (b"b.txt", b"beta")), rar5(("a.txt", TEXT), ("b.txt", b"beta"))]
)
def test_stored_rar_members_are_read(octets: bytes) -> None:
    facts = read(octets, "a.rar")
    assert [one.filename for one in facts.attachments[0].members] == ["a.txt", "b.txt"]
    assert cards(facts) == (CARD,)
    assert facts.findings == ()
    assert "unparseable_attachment" in codes(read(octets[:-30], "a.rar"))
    behind = read(b"MZ" + bytes(200) + octets, "setup.exe")
    assert cards(behind) == (CARD,)


@pytest.mark.parametrize("octets", [rar4((b"a.txt", TEXT), method=0x33), rar5(("a.txt", TEXT), method=3)])
def test_packed_rar_members_are_listed(octets: bytes) -> None:
    facts = read(octets, "a.rar")
    assert by_name(facts)["a.txt"].size == len(TEXT)
    assert not facts.attachments[0].inspected
    assert any("RAR" in one.detail for one in facts.findings)


@pytest.mark.parametrize("octets", [rar4((b"a.txt", TEXT), flags=4), rar5(("a.txt", TEXT), encrypted=True)])
def test_encrypted_rar_members_are_listed(octets: bytes) -> None:
    facts = read(octets, "a.rar")
    assert by_name(facts)["a.txt"].encrypted
    assert codes(facts) == {"encrypted"}


@pytest.mark.parametrize("octets", [rar4(of_archive=0x80), rar5(closed=True)])
def test_rar_with_encrypted_headers(octets: bytes) -> None:
    facts = read(octets, "a.rar")
    assert facts.attachments[0].encrypted
    assert not facts.attachments[0].inspected
    assert codes(facts) == {"encrypted"}


def test_rar_comments_volumes_and_wide_names() -> None:
    assert CARD in read(rar5(("a.txt", b"x"), comment=CARD), "a.rar").attachments[0].text
    for octets in (rar5(("a.txt", TEXT), split=True), rar4((b"a.txt", TEXT), flags=2, of_archive=1)):
        facts = read(octets, "a.rar")
        assert any("volume" in one.detail for one in facts.findings)
        assert not facts.attachments[0].inspected
    wide = b"??.txt\0" + bytes((0x67, 0b10100000)) + "機密".encode("utf-16-le") + b".t" + bytes((0,)) + b"xt"
    assert "機密.txt" in by_name(read(rar4((wide, TEXT), flags=0x200), "a.rar"))
    assert "顧客.txt" in by_name(read(rar4(("顧客.txt".encode("cp932"), TEXT)), "a.rar"))


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_lha_headers(level: int) -> None:
    folder = "資料".encode("cp932") + b"\xff" if level else b""
    octets = lzh(level, "顧客表.txt".encode("cp932"), TEXT, folder=folder)
    facts = read(octets, "a.lzh")
    assert [one.filename for one in facts.attachments[0].members] == ["資料/顧客表.txt" if level else "顧客表.txt"]
    assert cards(facts) == (CARD,)
    assert facts.findings == ()


def test_lha_methods_that_are_not_undone() -> None:
    facts = read(lzh(0, b"a.txt", TEXT, method=b"-lh1-"), "a.lzh")
    assert not by_name(facts)["a.txt"].inspected
    assert any("-lh1-" in one.detail for one in facts.findings)


def test_gzip_names_streams_and_garbage() -> None:
    named = b"\x1f\x8b\x08\x08" + bytes(6) + "顧客.csv".encode("cp932") + b"\0" + gzip.compress(TEXT)[10:]
    assert "顧客.csv" in by_name(read(named, "a.gz"))
    two = read(gzip.compress(b"alpha ") + gzip.compress(TEXT), "a.txt.gz")
    assert by_name(two)["a.txt"].text == "alpha " + TEXT.decode()
    garbage = read(gzip.compress(TEXT) + b"garbage", "a.gz")
    assert cards(garbage) == (CARD,)
    assert "unparseable_attachment" in codes(garbage)
    assert "a.tar" in by_name(read(gzip.compress(b"no tar at all"), "a.tgz"))


def test_zstandard_frames() -> None:
    skip = b"\x50\x2a\x4d\x18" + struct.pack("<I", 3) + b"abc"
    facts = read(skip + zstandard.compress(b"alpha ") + zstandard.compress(TEXT), "a.txt.zst")
    assert by_name(facts)["a.txt"].text == "alpha " + TEXT.decode()
    assert facts.findings == ()


def test_a_second_tar_behind_the_first_is_read() -> None:
    facts = read(tar_of({"a.txt": b"alpha"}, "w") + tar_of({"b.txt": TEXT}, "w"), "a.tar")
    assert cards(facts) == (CARD,)
    assert codes(facts) == {"ambiguous_archive"}


def test_a_broken_header_costs_its_member_only() -> None:
    octets = bytearray(tar_of({"a.txt": b"alpha", "b.txt": b"beta", "c.txt": TEXT}, "w"))
    octets[1024] ^= 1
    facts = read(bytes(octets), "a.tar")
    assert cards(facts) == (CARD,)
    assert "unparseable_attachment" in codes(facts)
    assert not facts.attachments[0].inspected


def test_passwords_are_tried_within_limits() -> None:
    octets = zip_box(ZipMember(b"a.txt", bytes(30), flags=1))
    text = "\n".join(f"パスワード: word{n}" for n in range(50))
    assert codes(read(octets, "a.zip", text)) == {"encrypted"}
