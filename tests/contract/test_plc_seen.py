"""Registers as they pass: the newest good words, from the simulator; a torn or foreign reply leaves what was there."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.plc_bench import make
from towerd.plc.register_rows import RegisterRow
from towerd.plc.seen import SeenTransport
from towerd.plc.session import PlcSession
from towerd.plc.transport import NoReplyError

pytestmark = pytest.mark.looptime


def shown(seen: SeenTransport, block: str, field: str) -> RegisterRow:
    return next(one for one in seen.rows() if (one.block, one.field) == (block, field))


async def test_every_read_block_is_seen_while_a_session_runs_and_ages_when_it_ends() -> None:
    bench = make()
    seen = SeenTransport(bench.transport)
    bench.port = PlcSession(bench.inbox, seen, bench.port._config, bench.port._writer._clock, lambda: 4711)
    bench.plc.set_bay(7, 7)
    async with bench.running():
        await bench.observed()
        assert {one.block for one in seen.rows() if one.value is None} == {
            "JOG",
            "CMD_CARRIAGE",
            "CMD_BAYS",
            "CMD_CABIN1",
            "CMD_CABIN2",
        }
        assert shown(seen, "CTL", "pc_session").value == 4711
        assert shown(seen, "BAY", "bay 2-2").value == 7
        age_s = shown(seen, "SYS", "packml_state").age_s
        assert age_s is not None
        assert age_s < 0.2
    assert not seen.connected
    await asyncio.sleep(5)
    old = shown(seen, "SYS", "packml_state")
    assert (old.value, old.good) == (2, False)
    assert old.age_s is not None
    assert old.age_s >= 5


async def test_a_torn_or_lost_reply_is_not_taken() -> None:
    bench = make()
    seen = SeenTransport(bench.transport)
    await seen.connect()
    await seen.read(128, 32)
    bench.transport.faults.extend([lambda words: [words[0], words[1] ^ 1, *words[2:5], 9, *words[6:]]])
    await seen.read(128, 32)
    assert shown(seen, "SYS", "key_switch").value == 1
    bench.transport.faults.append(NoReplyError("lost"))
    with pytest.raises(NoReplyError):
        await seen.read(128, 32)
    bench.transport._connected = True
    bench.transport.write_faults.append(NoReplyError("lost"))
    with pytest.raises(NoReplyError):
        await seen.write(32, [1] * 8)
    assert shown(seen, "CTL", "pc_heartbeat").value is None
    seen.close()
