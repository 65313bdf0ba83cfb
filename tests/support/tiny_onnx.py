"""Networks of a few nodes as ONNX bytes, written by hand: a green picture is alive, everything else is not."""

from __future__ import annotations

from pathlib import Path

from towerd.faceid.passive import FILES

_FLOAT = 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, *shape: int) -> bytes:
    dims = b"".join(_field(1, _field(1, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, _FLOAT) + _field(2, dims)))


def network(*operators: str) -> bytes:
    """A chain of operators without attributes over a picture of 80 px."""
    nodes = b""
    for number, operator in enumerate(operators):
        nodes += _field(
            1, _field(1, f"t{number}") + _field(2, f"t{number + 1}") + _field(3, f"n{number}") + _field(4, operator)
        )
    graph = nodes + _field(2, "tiny") + _field(11, _tensor("t0", 1, 3, 80, 80))
    graph += _field(12, _tensor(f"t{len(operators)}", 1, 3))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))


GREEN = network("GlobalAveragePool", "Flatten", "Softmax")


def folder_of_models(folder: Path) -> Path:
    """`folder` with both files of the passive check, which know green from other colours."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, _factor in FILES:
        (folder / name).write_bytes(GREEN)
    return folder
