"""CRC-16/MODBUS over words as they go over the wire (plc-if.md 9.1)."""

from __future__ import annotations

from collections.abc import Iterable


def _table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        entries.append(crc)
    return tuple(entries)


_TABLE = _table()


def crc16_bytes(data: bytes | bytearray) -> int:
    """CRC-16/MODBUS of bytes, as a number."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def crc16_words(words: Iterable[int]) -> int:
    """CRC-16/MODBUS of 16-bit words, high byte first."""
    return crc16_bytes(b"".join(word.to_bytes(2, "big") for word in words))
