"""Decode ISO-2022-JP and EUC-JP as mail programs write them: with the characters of vendors (① ㈱) that
Python's codecs refuse.

The two bytes of a character are a row and a cell of JIS X 0208. Shift_JIS has the same rows at other numbers, and its
codec cp932 has the vendors' rows, too (WHATWG Encoding Standard, index jis0208).
"""

import re

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJIH])")
_EUC_PIECE = re.compile(rb"[\x00-\x7f]+|(?:[\xa1-\xfe][\xa1-\xfe])+|\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|.", re.DOTALL)
_CODED = re.compile(rb"[\x21-\x7e]{2}|[^\x21-\x7e]+|[\x21-\x7e]")


def decode_iso_2022_jp(data: bytes) -> str:
    """Decode ``data``; a byte that fits nowhere becomes a replacement character."""
    found, mode, at = [], b"(B", 0
    for match in _ESCAPE.finditer(data):
        found.append(_decode_run(data[at : match.start()], mode))
        mode, at = match[1], match.end()
    found.append(_decode_run(data[at:], mode))
    return "".join(found)


def decode_euc_jp(data: bytes) -> str:
    """Decode ``data``: the same rows and cells with the eighth bit set, and JIS X 0212 after 0x8F."""
    return "".join(_decode_euc_piece(piece) for piece in _EUC_PIECE.findall(data))


def _decode_run(run: bytes, mode: bytes) -> str:
    if mode in {b"$B", b"$@"}:
        return b"".join(_to_shift_jis(piece) for piece in _CODED.findall(run)).decode("cp932", errors="replace")
    if mode == b"$(D":
        return "".join(_decode_jis_x_0212(piece) for piece in _CODED.findall(run))
    if mode == b"(I":
        return bytes(byte + 0x80 if 0x21 <= byte <= 0x5F else byte for byte in run).decode("cp932", errors="replace")
    return run.decode("utf-8", errors="replace") if not run.isascii() else run.decode("ascii")


def _to_shift_jis(piece: bytes) -> bytes:
    if len(piece) != 2 or not (0x21 <= piece[0] <= 0x7E and 0x21 <= piece[1] <= 0x7E):
        return piece
    row, cell = piece
    lead = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
    if row % 2:
        return bytes((lead, cell + (0x1F if cell < 0x60 else 0x20)))
    return bytes((lead, cell + 0x7E))


def _decode_jis_x_0212(piece: bytes) -> str:
    if len(piece) != 2 or piece[0] < 0x21:
        return piece.decode("ascii", errors="replace")
    return (b"\x8f" + bytes(byte | 0x80 for byte in piece)).decode("euc_jp", errors="replace")


def _decode_euc_piece(piece: bytes) -> str:
    if piece.isascii():
        return piece.decode("ascii")
    if piece[0] < 0xA1 or len(piece) % 2:
        return piece.decode("euc_jp", errors="replace")
    pairs = bytes(byte & 0x7F for byte in piece)
    return b"".join(_to_shift_jis(pairs[at : at + 2]) for at in range(0, len(pairs), 2)).decode("cp932", "replace")
