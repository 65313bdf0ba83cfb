"""Checks of session, heartbeat and PackML answers (plc-if.md 2 to 4). Nothing moves by them."""

from __future__ import annotations

import asyncio
import time

from towerd.plc.registers import blocks
from towerd.plc.snapshot import KeySwitch, PackmlCommand, PackmlState
from towerd.plctest.desk import Desk, ahead
from towerd.plctest.model import Checks, expect, need

SESSION = Checks()
ALIVE, LOST = 1, 2
WRONG_STATE = 5
LOST_AFTER_S = 1.0


@SESSION.check("2.2", "pc_session_echo follows pc_session")
async def a_session_is_echoed(desk: Desk) -> str:
    """A new session."""
    await desk.begin()
    return f"session {desk.control.session}"


@SESSION.check("2.2", "the first CTL of a session gives packml_seq and alarm_ack_seq, and neither acts")
async def the_first_ctl_acts_on_nothing(desk: Desk) -> str:
    """Other numbers than the PLC has seen, with commands that would act."""
    before = await desk.block("SYS")
    alarms = await desk.block("ALM")
    await desk.stop_heartbeat()
    desk.control.begin(ahead(desk.control.session, 7))
    desk.control.packml_seq = before["packml_ack_seq"] + 99 & 0xFFFF
    desk.control.alarm_ack_code, desk.control.alarm_ack_seq = 0xFFFF, 99
    await desk.write_control()
    desk.start_heartbeat()
    session = desk.control.session
    after = await desk.until("SYS", lambda shown: shown["pc_session_echo"] == session, f"pc_session_echo {session}")
    await asyncio.sleep(0.3)
    expect(after["packml_state"] == before["packml_state"], f"packml_state is {after['packml_state']}")
    shown = await desk.block("ALM")
    unacked = [name for name in shown if name.startswith("unacked") and shown[name] != alarms[name]]
    expect(not unacked, f"alarms were acknowledged: {', '.join(unacked)}")
    return "nothing acted"


@SESSION.check("3.1", "link_state 1 and pc_heartbeat_echo follow the heartbeat")
async def the_heartbeat_is_heard(desk: Desk) -> str:
    """Echo and link_state."""
    await desk.begin()
    shown = await desk.until("SYS", lambda system: system["link_state"] == ALIVE, "link_state 1")
    first = shown["pc_heartbeat_echo"]
    later = await desk.until("SYS", lambda system: system["pc_heartbeat_echo"] != first, "another pc_heartbeat_echo")
    return f"echo {first} → {later['pc_heartbeat_echo']}"


@SESSION.check("3.1", "1,000 ms without a heartbeat: link_state 2, and 1 again with the next")
async def a_lost_heartbeat_is_a_lost_link(desk: Desk) -> str:
    """Stop beating, go on reading. Not in Execute: it would hold the machine."""
    await desk.begin()
    shown = await desk.until("SYS", lambda system: system["link_state"] == ALIVE, "link_state 1")
    need(shown["packml_state"] != PackmlState.EXECUTE, "the machine is in Execute: it would be held; see --move")
    await desk.stop_heartbeat()
    stopped_s = time.monotonic()
    while (await desk.block("SYS"))["link_state"] != LOST:
        await asyncio.sleep(0.01)
        expect(time.monotonic() - stopped_s < 2.0, "link_state is not 2 after 2 s")
    lost_s = time.monotonic() - stopped_s
    desk.start_heartbeat()
    # the last heartbeat may have gone one period before the stop
    earliest_s, latest_s = LOST_AFTER_S - desk.config.beat_s - 0.1, LOST_AFTER_S + 0.2 + desk.config.reply_limit_s(32)
    expect(earliest_s <= lost_s <= latest_s, f"lost after {lost_s:.2f} s")
    await desk.until("SYS", lambda system: system["link_state"] == ALIVE, "link_state 1 again")
    return f"lost after {lost_s:.2f} s"


@SESSION.check("4.3", "a PackML command that the state does not allow: packml_ack_seq, and packml_reject_code 5")
async def a_packml_command_out_of_place_is_refused(desk: Desk) -> str:
    """Clear belongs to Aborted only; there, Start is out of place."""
    await desk.begin()
    await desk.until("SYS", lambda system: system["link_state"] == ALIVE, "link_state 1")
    before = await desk.block("SYS")
    need(before["key_switch"] == KeySwitch.AUTO, "the key is not on Auto: other reasons come first")
    command = PackmlCommand.START if before["packml_state"] == PackmlState.ABORTED else PackmlCommand.CLEAR
    rejected = await desk.packml(command)
    expect(rejected == WRONG_STATE, f"{command.name} in state {before['packml_state']}: {rejected}")
    after = (await desk.block("SYS"))["packml_state"]
    expect(after == before["packml_state"], f"state {before['packml_state']} became {after}")
    return f"{command.name} refused with {rejected}"


@SESSION.check("4.3", "a PackML command acts once: the same packml_seq again does nothing")
async def the_same_packml_seq_does_nothing(desk: Desk) -> str:
    """Another command under the number that has been answered; none would move anything."""
    await desk.begin()
    await desk.until("SYS", lambda system: system["link_state"] == ALIVE, "link_state 1")
    shown = await desk.block("SYS")
    state = shown["packml_state"]
    need(state != PackmlState.ABORTED, "the machine is Aborted: no command would show there")
    await desk.packml(PackmlCommand.CLEAR)
    would_show = PackmlCommand.RESET if state == PackmlState.STOPPED else PackmlCommand.STOP
    desk.control.packml_command = int(would_show)
    return await desk.unchanged("SYS", ("packml_state", "packml_ack_seq"), desk.write_control)


@SESSION.check("8.1", "acknowledging an alarm that is not there changes nothing")
async def an_acknowledgement_without_alarm_changes_nothing(desk: Desk) -> str:
    """Number 127, which nobody uses."""
    shown = await desk.block("ALM")
    need(not shown["active_7"] >> 15 & 1 and not shown["unacked_7"] >> 15 & 1, "alarm 127 is there")
    await desk.begin()
    desk.control.alarm_ack_code = 127
    desk.control.alarm_ack_seq = desk.control.alarm_ack_seq + 1 & 0xFFFF
    fields = [register.field for register in blocks()["ALM"].fields if register.field.startswith(("active", "unacked"))]
    await desk.unchanged("ALM", fields, desk.write_control)
    return "nothing changed"
