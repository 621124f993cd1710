"""Signed and encrypted mail: S/MIME as openssl makes it, OpenPGP made by hand. What only looks sealed is read."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest
from tests.golden.inspect.makers import CARD, attachment, b64, der, file_mail, mail, multipart, part, pkcs7, zip_of
from tests.golden.inspect.outlook_makers import SEALED, SIGNED_PACKED, armour, literal, packet
from tests.golden.inspect.test_outlook import codes, every, mutants

from mailguard.inspect.reader import read_mail
from mailguard.inspect.sealed.openpgp import is_binary_pgp
from mailguard.mail.facts import Facts

_INNER = multipart(
    part(f"KINGFISHER {CARD}\r\n".encode(), b"Content-Type: text/plain"),
    attachment(b"HERON", "list.txt"),
    boundary="inner",
)
#: What S/MIME signs is a part: the fields of structure and the body.
_ENTITY = _INNER[_INNER.index(b"MIME-Version") :]
_TYPE = b"Content-Type: application/pkcs7-mime; smime-type=%s; name=smime.p7m"
_BASE64 = b"Content-Transfer-Encoding: base64"


def run(*args: str, cwd: Path) -> None:
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Containers as openssl makes them, by name."""
    folder = tmp_path_factory.mktemp("smime")
    (folder / "entity").write_bytes(_ENTITY)
    (folder / "plain.txt").write_bytes("ただの文書 PELICAN".encode())
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "cert", "-subj", "/CN=a", cwd=folder)
    sign = ["cms", "-sign", "-nodetach", "-binary", "-signer", "cert", "-inkey", "key"]
    for form in ("DER", "PEM", "SMIME"):
        run(*sign, "-in", "entity", "-outform", form, "-out", f"signed.{form}", cwd=folder)
    run(*sign, "-stream", "-in", "entity", "-outform", "DER", "-out", "signed.ber", cwd=folder)
    run(*sign, "-in", "plain.txt", "-outform", "DER", "-out", "file.der", cwd=folder)
    run(*sign, "-in", "signed.SMIME", "-outform", "DER", "-out", "twice.der", cwd=folder)
    seal = ["cms", "-encrypt", "-binary", "-in", "entity", "-outform"]
    for form in ("DER", "SMIME"):
        run(*seal, form, "-out", f"sealed.{form}", "cert", cwd=folder)
    run(*seal, "DER", "-aes-256-gcm", "-out", "auth.der", "cert", cwd=folder)
    run("crl2pkcs7", "-nocrl", "-certfile", "cert", "-outform", "DER", "-out", "certs.der", cwd=folder)
    detached = ["smime", "-sign", "-binary", "-signer", "cert", "-inkey", "key", "-in", "entity"]
    run(*detached, "-out", "multipart.eml", cwd=folder)
    run(*detached, "-outform", "DER", "-out", "detached.der", cwd=folder)
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def read_inside(facts: Facts) -> None:
    """The signed mail's own text and file, as if it had not been wrapped."""
    assert "KINGFISHER" in facts.text
    assert "list.txt" in [one.filename for one in facts.attachments]
    assert facts.personal_data["payment_card"].values == (CARD,)
    assert facts.signed
    assert not facts.encrypted
    assert codes(facts) == set()


@pytest.mark.parametrize("name", ["signed.DER", "signed.PEM", "signed.ber", "twice.der"])
def test_a_mail_that_is_only_signed_is_read(made: dict[str, bytes], name: str) -> None:
    read_inside(read_mail(mail(b64(made[name]), _TYPE % b"signed-data", _BASE64)))


@pytest.mark.parametrize("name", ["signed.DER", "signed.ber"])
def test_a_signed_mail_under_a_plain_type_is_read(made: dict[str, bytes], name: str) -> None:
    field = b'Content-Type: application/octet-stream; name="smime.p7m"'
    read_inside(read_mail(mail(b64(made[name]), field, _BASE64)))


def test_mails_as_openssl_writes_them(made: dict[str, bytes]) -> None:
    read_inside(read_mail(b"From: a@corp.example\n" + made["signed.SMIME"]))
    facts = read_mail(b"From: a@corp.example\n" + made["multipart.eml"])
    assert "KINGFISHER" in facts.text
    assert facts.signed
    assert [one.inline for one in facts.attachments if one.short_type == "p7s"] == [True]
    assert read_mail(b"From: a@corp.example\n" + made["sealed.SMIME"]).encrypted


@pytest.mark.parametrize("name", ["smime.p7m", "x.bin", "a.pdf.p7m"])
@pytest.mark.parametrize("form", ["signed.DER", "signed.PEM", "signed.ber"])
def test_a_signed_mail_as_a_file_is_read(made: dict[str, bytes], name: str, form: str) -> None:
    facts = read_mail(file_mail(made[form], name))
    files = list(every(facts.attachments))
    assert files[0].short_type == "p7m"
    assert any("KINGFISHER" in one.text for one in files)
    assert "list.txt" in [one.filename for one in files]
    assert not files[0].encrypted


def test_a_signed_file_is_read_under_its_name(made: dict[str, bytes]) -> None:
    (one,) = read_mail(file_mail(made["file.der"], "plan.txt.p7m")).attachments
    assert [(member.filename, member.text) for member in one.members] == [("plan.txt", "ただの文書 PELICAN")]


@pytest.mark.parametrize("name", ["sealed.DER", "auth.der"])
def test_encrypted_mail_is_said(made: dict[str, bytes], name: str) -> None:
    facts = read_mail(mail(b64(made[name]), _TYPE % b"enveloped-data", _BASE64))
    assert facts.encrypted
    assert codes(facts) == {"encrypted", "not_inspectable"}
    facts = read_mail(file_mail(made[name], "x.bin"))
    assert [one.encrypted for one in facts.attachments] == [True]
    assert not facts.attachments[0].inspected


@pytest.mark.parametrize("name", ["certs.der", "detached.der"])
def test_certificates_and_bare_signatures_are_not_encrypted(made: dict[str, bytes], name: str) -> None:
    for facts in (
        read_mail(mail(b64(made[name]), _TYPE % b"certs-only", _BASE64)),
        read_mail(file_mail(made[name], "smime.p7s")),
    ):
        (one,) = facts.attachments
        assert (one.short_type, one.encrypted, one.inspected) == ("p7s", False, True)
        assert codes(facts) == set()


def packed(content: bytes, inner: int = 1) -> bytes:
    """CompressedData (RFC 3274), which this openssl cannot make: built without zlib."""
    smime, data = bytes.fromhex("2a864886f70d01091001"), bytes.fromhex("2a864886f70d0107")
    algorithm = der(0x30, der(0x06, bytes.fromhex("2a864886f70d0109100308")))
    wrapped = der(0x30, der(0x06, data + bytes((inner,))) + der(0xA0, der(0x04, zlib.compress(content, 9))))
    body = der(0x30, der(0x02, b"\0") + algorithm + wrapped)
    return der(0x30, der(0x06, smime + b"\x09") + der(0xA0, body))


def test_packed_mail_is_read(made: dict[str, bytes]) -> None:
    facts = read_mail(mail(b64(packed(_ENTITY)), _TYPE % b"compressed-data", _BASE64))
    assert "KINGFISHER" in facts.text
    assert not facts.signed
    head = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    read_inside(read_mail(mail(b64(packed(head + b64(made["signed.DER"]))), _TYPE % b"compressed-data", _BASE64)))


def test_a_container_directly_in_another_is_opened(made: dict[str, bytes]) -> None:
    signed_data = made["signed.DER"][made["signed.DER"].index(b"\xa0") :]
    body = signed_data[4:] if signed_data[1] == 0x82 else signed_data[3:]
    read_inside(read_mail(mail(b64(packed(body, inner=2)), _TYPE % b"compressed-data", _BASE64)))


def test_a_packed_bomb_is_said() -> None:
    facts = read_mail(file_mail(packed(bytes(30 * 2**20)), "smime.p7m"))
    assert "bomb" in codes(facts)
    assert not facts.attachments[0].inspected


def test_a_container_cut_off_is_said(made: dict[str, bytes]) -> None:
    facts = read_mail(mail(b64(made["signed.DER"][:700]), _TYPE % b"signed-data", _BASE64))
    assert "unparseable_attachment" in codes(facts)


def test_a_container_in_too_many_pieces_is_said() -> None:
    pkcs = bytes.fromhex("2a864886f70d0107")
    wrapped = der(0x30, der(0x06, pkcs + b"\1") + der(0xA0, b"\x24\x80" + b"\4\1x" * 310_000 + b"\0\0"))
    body = der(0x30, der(0x02, b"\1") + der(0x31, b"") + wrapped)
    facts = read_mail(file_mail(der(0x30, der(0x06, pkcs + b"\2") + der(0xA0, body)), "a.p7m"))
    assert {"unparseable_attachment", "not_inspectable"} <= codes(facts)


def test_containers_too_deep_are_said() -> None:
    octets = _ENTITY
    for _ in range(12):
        octets = _TYPE % b"signed-data" + b"\r\n" + _BASE64 + b"\r\n\r\n" + b64(pkcs7(2, octets))
    assert "nested_too_deep" in codes(read_mail(b"From: a@corp.example\r\n" + octets))


def test_the_text_of_a_signed_mail_inside_belongs_to_that_mail(made: dict[str, bytes]) -> None:
    inner = mail(b64(made["signed.DER"]), _TYPE % b"signed-data", _BASE64)
    facts = read_mail(
        multipart(part(b"see", b"Content-Type: text/plain"), part(inner, b"Content-Type: message/rfc822"))
    )
    assert "KINGFISHER" not in facts.text
    assert "KINGFISHER" in facts.attachments[0].text


# OpenPGP


@pytest.mark.parametrize(
    "octets", [SEALED, armour("MESSAGE", SEALED), armour("MESSAGE", SEALED).rpartition(b"-----END")[0]]
)
@pytest.mark.parametrize("name", ["a.gpg", "a.asc", "a.bin", "a.txt"])
def test_encrypted_files_are_said(octets: bytes, name: str) -> None:
    facts = read_mail(file_mail(octets, name))
    assert [(one.encrypted, one.inspected) for one in facts.attachments] == [(True, False)]
    assert "encrypted" in codes(facts)


@pytest.mark.parametrize(
    "octets", [SIGNED_PACKED, armour("MESSAGE", SIGNED_PACKED), literal(b"open KINGFISHER", b"plan.txt")]
)
def test_a_message_that_is_only_signed_is_read(octets: bytes) -> None:
    facts = read_mail(file_mail(octets, "a.pgp"))
    (one,) = facts.attachments
    assert [(member.filename, member.text) for member in one.members] == [("plan.txt", "open KINGFISHER")]
    assert codes(facts) == set()


def test_messages_in_the_text() -> None:
    facts = read_mail(mail(b"above\r\n" + armour("MESSAGE", SIGNED_PACKED) + b"below\r\n"))
    assert not facts.encrypted
    assert [one.text for one in facts.attachments] == ["open KINGFISHER"]
    facts = read_mail(mail(b"above\r\n" + armour("MESSAGE", SEALED) + b"below\r\n"))
    assert facts.encrypted
    assert "above" in facts.text
    assert "below" in facts.text
    quoted = b"".join(b"> " + line + b"\r\n" for line in armour("MESSAGE", SEALED).splitlines())
    assert read_mail(mail(quoted)).encrypted
    assert not read_mail(mail(b"It begins with -----BEGIN PGP MESSAGE-----, you see?")).encrypted


def test_text_signed_in_the_open_is_read_as_written() -> None:
    body = b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- -----\r\n- - 4012-8888\r\n"
    facts = read_mail(mail(body + armour("SIGNATURE", packet(2, b"\4" * 30))))
    assert "\n-----\n- 4012-8888\n" in facts.text
    assert facts.signed
    assert not facts.encrypted
    assert facts.attachments == ()


_KEY = packet(6, b"\4" + bytes(4) + b"\1" + bytes(40)) + packet(13, "山田 <yamada@x.example>".encode())
_SECRET = packet(5, b"\4" + bytes(4) + b"\1" + bytes(80)) + packet(13, b"ann@corp.example")


@pytest.mark.parametrize("octets", [_KEY, armour("PUBLIC KEY BLOCK", _KEY)])
def test_public_keys_are_not_encrypted(octets: bytes) -> None:
    facts = read_mail(file_mail(octets, "key.asc", "application/pgp-keys"))
    assert "山田 <yamada@x.example>" in facts.attachments[0].text
    assert codes(facts) == set()
    assert facts.secrets == {}


@pytest.mark.parametrize("octets", [_SECRET, armour("PRIVATE KEY " + "BLOCK", _SECRET)])
def test_private_keys_are_secrets(octets: bytes) -> None:
    assert read_mail(file_mail(octets, "key.gpg")).secrets == {"private_key": 1}


def test_pgp_mime() -> None:
    version = part(b"Version: 1\r\n", b"Content-Type: application/pgp-encrypted")
    facts = read_mail(
        multipart(
            version,
            part(armour("MESSAGE", SEALED), b"Content-Type: application/octet-stream; name=encrypted.asc"),
            field=b'Content-Type: multipart/encrypted; boundary="=_edge"; protocol="application/pgp-encrypted"',
        )
    )
    assert facts.encrypted
    assert [(one.encrypted, one.inline) for one in facts.attachments] == [(False, True), (True, False)]


def test_what_thunderbird_adds_to_a_signed_mail_is_part_of_the_letter() -> None:
    key = part(armour("PUBLIC KEY BLOCK", _KEY), b'Content-Type: application/pgp-keys; name="OpenPGP_0xA.asc"')
    signature = part(
        armour("SIGNATURE", packet(2, b"\4" * 30)),
        b'Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"',
        b'Content-Disposition: attachment; filename="OpenPGP_signature"',
    )
    letter = multipart(part(b"see", b"Content-Type: text/plain"), key, boundary="i")
    signed = b'Content-Type: multipart/signed; boundary="=_edge"; protocol="application/pgp-signature"'
    facts = read_mail(multipart(letter.partition(b"MIME-Version: 1.0\r\n")[2], signature, field=signed))
    assert [(one.filename, one.inline) for one in facts.attachments] == [
        ("OpenPGP_0xA.asc", True), ("OpenPGP_signature.asc", True)
    ]  # fmt: skip
    assert facts.findings == ()
    alone = read_mail(multipart(part(b"see", b"Content-Type: text/plain"), key))
    assert [one.inline for one in alone.attachments] == [False]


def test_what_is_no_pgp_is_none() -> None:
    assert not is_binary_pgp(bytes(range(256)) * 4)
    assert not is_binary_pgp(SEALED + b"more")
    assert not is_binary_pgp(SEALED[:-1])
    assert not is_binary_pgp(packet(18, b"\1" * 30))
    assert not is_binary_pgp(packet(1, b"\3" + bytes(8) + b"\x63" + bytes(20)))
    assert not is_binary_pgp(zip_of({"a.txt": b"x"}))
    assert sum(is_binary_pgp(one) for one in mutants(bytes(range(128, 256)) * 2, 300)) == 0


@pytest.mark.parametrize("octets", [SEALED + packet(13, b"x"), SIGNED_PACKED, _KEY, packed(_ENTITY), pkcs7(2, _ENTITY)])
def test_no_change_of_octets_stops_the_reader(octets: bytes) -> None:
    for one in mutants(octets, 100):
        for field in (b"Content-Type: application/pkcs7-mime", b"Content-Type: text/plain; name=a.asc"):
            assert "unreadable" not in codes(read_mail(mail(b64(one), field, _BASE64)))
