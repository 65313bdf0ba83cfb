from __future__ import annotations

import pytest

from simulator.core import Simulator
from simulator.image import ModbusException
from simulator.program.crc import crc16_bytes


@pytest.fixture
def sim() -> Simulator:
    return Simulator()


def test_crc_is_that_of_modbus() -> None:
    assert crc16_bytes(b"123456789") == 0x4B37


@pytest.mark.parametrize(
    ("address", "count"), [(0, 20), (128, 96), (224, 64), (288, 48), (352, 48), (1024, 30), (64, 10)]
)
def test_listed_blocks_are_read(sim: Simulator, address: int, count: int) -> None:
    assert len(sim.read(address, count)) == count


@pytest.mark.parametrize(("address", "count"), [(19, 2), (336, 1), (400, 1), (1024, 31), (40, 1), (32, 30), (5000, 1)])
def test_outside_of_them_is_exception_2(sim: Simulator, address: int, count: int) -> None:
    with pytest.raises(ModbusException) as caught:
        sim.read(address, count)
    assert caught.value.code == 2


@pytest.mark.parametrize("count", [0, 126])
def test_a_bad_count_is_exception_3(sim: Simulator, count: int) -> None:
    with pytest.raises(ModbusException) as caught:
        sim.read(128, count)
    assert caught.value.code == 3


@pytest.mark.parametrize(
    ("address", "words", "code"),
    [
        (128, [1], 2),
        (1024, [0], 2),
        (32, [0] * 9, 2),
        (72, [0] * 3, 2),
        (33, [0], 3),
        (34, [10], 3),
        (49, [3], 3),
        (50, [2], 3),
        (51, [101], 3),
        (52, [201], 3),
        (73, [0], 3),
    ],
)
def test_a_refused_write_changes_nothing(sim: Simulator, address: int, words: list[int], code: int) -> None:
    before = list(sim.image.words)
    with pytest.raises(ModbusException) as caught:
        sim.write(address, words)
    assert caught.value.code == code
    assert sim.image.words == before
    assert not sim.image.dirty


def test_what_was_written_is_read_back(sim: Simulator) -> None:
    sim.write(50, [0xFFFF])
    sim.write(64, list(range(1, 11)))
    assert sim.read(50, 1) == [0xFFFF]
    assert sim.read(64, 10) == list(range(1, 11))


def test_identity(sim: Simulator) -> None:
    words = sim.read(0, 20)
    assert words[:5] == [21591, 1, 0, 0x1234, 0x5678]
    assert words[7:10] == [5, 6, 1]
    assert words[10] == 1 << 15 | 0b10011
    assert words[16] << 16 | words[17] == sim.plant.layout.crc
    assert words[5:7] == sim.read(150, 2)


@pytest.mark.parametrize(
    ("start", "length", "block_id"),
    [(128, 32, 21249), (160, 16, 21264), (208, 16, 21267), (256, 16, 21282), (312, 24, 21314), (352, 48, 21328)],
)
def test_a_block_shows_its_id_and_two_equal_counters(sim: Simulator, start: int, length: int, block_id: int) -> None:
    sim.step(1)
    words = sim.read(start, length)
    assert words[0] == block_id
    assert words[1] == words[-1]


def test_a_counter_moves_only_when_the_block_changed(sim: Simulator) -> None:
    before = sim.read(288, 2)[1], sim.read(128, 2)[1]
    sim.step(0.5)
    after = sim.read(288, 2)[1], sim.read(128, 2)[1]
    assert after[0] == before[0]
    assert after[1] == before[1] + 5
