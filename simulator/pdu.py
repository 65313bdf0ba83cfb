"""Modbus PDUs, bytes to bytes, apart from any framing (plc-if.md 1): FC3, FC6 and FC16."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol

from simulator.image import ILLEGAL_FUNCTION, ILLEGAL_VALUE, ModbusError

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16


class Registers(Protocol):
    """What a PDU is answered from."""

    def read(self, address: int, count: int) -> list[int]:
        """Words from `address`. Raises ModbusError."""

    def write(self, address: int, words: Sequence[int]) -> None:
        """Write words. Raises ModbusError."""


def answer(registers: Registers, request: bytes) -> bytes:
    """The reply PDU to a request PDU; an exception reply where it cannot be done. The request has at least one byte."""
    function = request[0]
    handler = {READ: _read, WRITE_ONE: _write_one, WRITE_MANY: _write_many}.get(function)
    if handler is None:
        return bytes((function | 0x80, ILLEGAL_FUNCTION))
    try:
        return handler(registers, request[1:])
    except ModbusError as error:
        return bytes((function | 0x80, error.code))


def _read(registers: Registers, body: bytes) -> bytes:
    if len(body) != 4:
        raise ModbusError(ILLEGAL_VALUE)
    address, count = struct.unpack(">HH", body)
    words = registers.read(address, count)
    return struct.pack(f">BB{count}H", READ, 2 * count, *words)


def _write_one(registers: Registers, body: bytes) -> bytes:
    if len(body) != 4:
        raise ModbusError(ILLEGAL_VALUE)
    address, word = struct.unpack(">HH", body)
    registers.write(address, [word])
    return bytes((WRITE_ONE,)) + body


def _write_many(registers: Registers, body: bytes) -> bytes:
    if len(body) < 5:
        raise ModbusError(ILLEGAL_VALUE)
    address, count, size = struct.unpack(">HHB", body[:5])
    if not 1 <= count <= 123 or size != 2 * count or len(body) != 5 + size:
        raise ModbusError(ILLEGAL_VALUE)
    registers.write(address, struct.unpack(f">{count}H", body[5:]))
    return struct.pack(">BHH", WRITE_MANY, address, count)
