"""The coders of 7z archives: a folder's packed octets to what was packed, piece by piece through a chain.

LZMA and filters run in the standard library's decoders, AES and Zstandard in theirs. What there is no decoder for
(PPMd, BCJ2, Deflate64) raises Unpackable with its name. Memory: one dictionary, at most `_MEMORY`, and pieces of a
megabyte. Source: Methods.txt of the LZMA SDK; 7zAes of 7-Zip as described in 7zFormat.txt and by its own archives.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.sevenheader import Coder, Folder
from mailguard.inspect.content import BROKEN

_PIECE = 2**18
_MEMORY = 128 * 2**20
AES = bytes.fromhex("06f10701")
_LZMA, _LZMA2 = bytes.fromhex("030101"), b"\x21"
_FILTERS = {
    b"\x03": lzma.FILTER_DELTA, b"\x04": lzma.FILTER_X86, b"\x05": lzma.FILTER_POWERPC, b"\x06": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM, b"\x08": lzma.FILTER_ARMTHUMB, b"\x09": lzma.FILTER_SPARC,
    bytes.fromhex("03030103"): lzma.FILTER_X86, bytes.fromhex("03030205"): lzma.FILTER_POWERPC,
    bytes.fromhex("03030401"): lzma.FILTER_IA64, bytes.fromhex("03030501"): lzma.FILTER_ARM,
    bytes.fromhex("03030701"): lzma.FILTER_ARMTHUMB, bytes.fromhex("03030805"): lzma.FILTER_SPARC,
}  # fmt: skip
_UNREAD = {
    bytes.fromhex("030401"): "PPMd", bytes.fromhex("0303011b"): "BCJ2", bytes.fromhex("040109"): "Deflate64",
    b"\x0a": "ARM64", b"\x0b": "RISC-V",
}  # fmt: skip

#: Octets in, octets out, piece by piece.
_Step = Callable[[Iterator[bytes]], Iterator[bytes]]


def chain_of(folder: Folder) -> list[tuple[Coder, int]]:
    """The coders of a folder in the order in which octets pass them, each with the octets that come out of it."""
    for coder in folder.coders:
        if coder.method in _UNREAD:
            raise Unpackable(f"compressed with {_UNREAD[coder.method]}")
        if coder.inputs != 1 or coder.outputs != 1:
            raise Unpackable(f"compressed with method {coder.method.hex()}")
    if len(folder.packed) != 1 or len(folder.sizes) != len(folder.coders):
        raise Unpackable("coders that do not fit together")
    follows = {output: into for into, output in folder.binds}  # of one-to-one coders, all numbers are the coder's
    order: list[tuple[Coder, int]] = []
    at: int | None = folder.packed[0]
    while at is not None and at < len(folder.coders) and len(order) < len(folder.coders):
        order.append((folder.coders[at], folder.sizes[at]))
        at = follows.get(at)
    if len(order) != len(folder.coders):
        raise Unpackable("coders that do not fit together")
    return order


def unpacked(folder: Folder, packed: bytes, keys: Callable[[bytes], tuple[bytes, bytes]]) -> Iterator[bytes]:
    """What comes out of a folder. keys: AES properties to key and initial vector. Raises Unpackable."""
    pieces: Iterator[bytes] = (packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE))
    for coder, size in chain_of(folder):
        pieces = _limited(_step(coder, size, keys)(pieces), size)
    try:
        yield from pieces
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, struct.error) as error:
        raise error if isinstance(error, Unpackable) else Unpackable(BROKEN) from error


def _limited(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Exactly so many octets."""
    for piece in pieces:
        if len(piece) >= size:
            yield piece[:size]
            return
        size -= len(piece)
        yield piece
    if size:
        raise Unpackable(BROKEN)


def _step(coder: Coder, size: int, keys: Callable[[bytes], tuple[bytes, bytes]]) -> _Step:
    method = coder.method
    if method == b"\x00":
        return iter
    if method in _FILTERS:
        return lambda pieces: _filtered(pieces, _FILTERS[method], coder.properties)
    if method == AES:
        return lambda pieces: _decrypted(pieces, *keys(coder.properties))
    if method in (_LZMA, _LZMA2):
        return lambda pieces: _expanded(pieces, _lzma_decoder(coder, size))
    if method == bytes.fromhex("040108"):
        return _inflated
    if method == bytes.fromhex("040202"):
        return _bunzipped
    if method == bytes.fromhex("04f71101"):
        return _zstandard
    raise Unpackable(f"compressed with method {method.hex()}")


def _lzma_decoder(coder: Coder, size: int) -> lzma.LZMADecompressor:
    """No dictionary is larger than what is unpacked, whatever the properties claim."""
    if coder.method == _LZMA2:
        bits = coder.properties[0] if coder.properties else 40
        claimed = 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << (bits // 2 + 11)
        one: dict[str, int] = {"id": lzma.FILTER_LZMA2}
    else:
        first, claimed = struct.unpack_from("<BI", coder.properties)
        one = {"id": lzma.FILTER_LZMA1, "lc": first % 9, "lp": first // 9 % 5, "pb": first // 45}
    one["dict_size"] = max(4096, min(claimed, size))
    if one["dict_size"] > _MEMORY:
        raise Unpackable("needs too much memory")
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[one])


def _expanded(pieces: Iterator[bytes], decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor) -> Iterator[bytes]:
    for piece in pieces:
        yield decoder.decompress(piece, _PIECE)
        while not decoder.needs_input and not decoder.eof:
            yield decoder.decompress(b"", _PIECE)
        if decoder.eof:
            return


def _filtered(pieces: Iterator[bytes], kind: int, properties: bytes) -> Iterator[bytes]:
    """A filter alone. The library knows it only in front of LZMA, so the octets are handed over as LZMA2 chunks that
    are stored as they are (control octet 1 or 2, length less one, data; 0 ends).
    """
    one: dict[str, int] = {"id": kind}
    if kind == lzma.FILTER_DELTA:
        one["dist"] = properties[0] + 1 if properties else 1
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[one, {"id": lzma.FILTER_LZMA2, "dict_size": 2**16}])
    control = b"\x01"
    for piece in pieces:
        for at in range(0, len(piece), 2**16):
            chunk = piece[at : at + 2**16]
            yield decoder.decompress(control + struct.pack(">H", len(chunk) - 1) + chunk)
            control = b"\x02"
    yield decoder.decompress(b"\0")


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(-15)
    for piece in pieces:
        while True:
            out = decoder.decompress(piece, _PIECE)
            piece = decoder.unconsumed_tail
            yield out
            if decoder.eof or (not piece and len(out) < _PIECE):
                break


def _bunzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Several threads write several streams, one behind the other."""
    decoder, rest = bz2.BZ2Decompressor(), b""
    for piece in pieces:
        rest = piece
        while rest:
            if decoder.eof:
                decoder = bz2.BZ2Decompressor()
            yield from _expanded(iter((rest,)), decoder)
            rest = decoder.unused_data if decoder.eof else b""


def _zstandard(pieces: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard

    decoder = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
    try:
        for piece in pieces:
            for at in range(0, len(piece), 512):  # a block of 4 octets may say 128 KB
                yield decoder.decompress(piece[at : at + 512])
                if decoder.eof:
                    return
    except zstandard.ZstdError as error:
        raise Unpackable(BROKEN) from error


def _decrypted(pieces: Iterator[bytes], key: bytes, vector: bytes) -> Iterator[bytes]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    for piece in pieces:
        yield decryptor.update(piece)
