"""What is allowed where: key switch, PackML state, command (plc-if.md 4.1 to 4.6, 7.1, 9.3). Pure; the PLC still decides.

The table knows key, state and enabling switch only. Interlocks, homing, epochs and people are looked at by the PLC with
every command; their reject codes (6, 7, 10, 11) come from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from towerd.plc.codes import Args, Code
from towerd.plc.snapshot import KeySwitch, PackmlState, Safety, Snapshot

KEY_REFUSES: Final = 4
STATE_REFUSES: Final = 5
NOT_ENABLED: Final = 9


class Asked(StrEnum):
    """Everything a PC may ask of the PLC, doors by direction."""

    LIFT_TO = "LIFT_TO"
    FORK_GET = "FORK_GET"
    FORK_PUT = "FORK_PUT"
    HOME = "HOME"
    BAY_UNLOCK = "BAY_UNLOCK"
    BAY_LOCK = "BAY_LOCK"
    INNER_OPEN = "INNER_DOOR open"
    INNER_CLOSE = "INNER_DOOR close"
    OUTER_OPEN = "OUTER_DOOR open"
    OUTER_CLOSE = "OUTER_DOOR close"
    SIGNAL = "SIGNAL"
    NOP = "NOP"
    CANCEL = "CANCEL"
    JOG = "JOG"
    RESET = "Reset"
    START = "Start"
    STOP = "Stop"
    HOLD = "Hold"
    UNHOLD = "Unhold"
    ABORT = "Abort"
    CLEAR = "Clear"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Allowed where `reject_code` is 0; `enabling`: only while the enabling switch is held, else refused with 9."""

    reject_code: int = 0
    enabling: bool = False


YES: Final = Verdict()
WITH_SWITCH: Final = Verdict(enabling=True)
_NO_KEY: Final = Verdict(KEY_REFUSES)
_NO_STATE: Final = Verdict(STATE_REFUSES)

STATES: Final = (
    PackmlState.CLEARING,
    PackmlState.STOPPED,
    PackmlState.STARTING,
    PackmlState.IDLE,
    PackmlState.EXECUTE,
    PackmlState.STOPPING,
    PackmlState.ABORTING,
    PackmlState.ABORTED,
    PackmlState.HOLDING,
    PackmlState.HELD,
    PackmlState.UNHOLDING,
    PackmlState.RESETTING,
)
"""The states that the contract uses (4.2)."""

_DOORS = {
    (Code.INNER_DOOR, 1): Asked.INNER_OPEN,
    (Code.INNER_DOOR, 0): Asked.INNER_CLOSE,
    (Code.OUTER_DOOR, 1): Asked.OUTER_OPEN,
    (Code.OUTER_DOOR, 0): Asked.OUTER_CLOSE,
}
_NAMED = {asked.name: asked for asked in Asked}
_COMES_FROM = {
    Asked.RESET: PackmlState.STOPPED,
    Asked.START: PackmlState.IDLE,
    Asked.UNHOLD: PackmlState.HELD,
    Asked.CLEAR: PackmlState.ABORTED,
}
_ASK_SWITCH = (Asked.START, Asked.UNHOLD)
_ALWAYS = (Asked.NOP, Asked.CANCEL, Asked.ABORT)
_NOBODY_SHUT_IN = (Asked.INNER_CLOSE, Asked.OUTER_OPEN)
_RESCUE_STATES = (PackmlState.HELD, PackmlState.STOPPED, PackmlState.IDLE)
_LOCKS = (Asked.BAY_UNLOCK, Asked.BAY_LOCK)


def asked_of(code: int, args: Args) -> Asked:
    """What a mailbox command asks. Raises KeyError on a code that the contract does not know."""
    door = _DOORS.get((Code(code), args[0])) if code in (Code.INNER_DOOR, Code.OUTER_DOOR) else None
    return door or _NAMED[Code(code).name]


def verdict(key: KeySwitch, state: PackmlState, asked: Asked) -> Verdict:
    """The cell of the table."""
    if asked in _ALWAYS:
        return YES
    if asked in (Asked.STOP, Asked.HOLD):
        return _stopping(state, asked)
    if key not in (KeySwitch.AUTO, KeySwitch.MANUAL):
        return _NO_KEY
    manual = key is KeySwitch.MANUAL
    if asked in _COMES_FROM:
        if state is not _COMES_FROM[asked]:
            return _NO_STATE
        return WITH_SWITCH if manual and asked in _ASK_SWITCH else YES
    if asked is Asked.JOG:
        return _jog(state) if manual else _NO_KEY
    return _mailbox(state, asked, manual=manual)


def _stopping(state: PackmlState, asked: Asked) -> Verdict:
    if asked is Asked.HOLD:
        return YES if state is PackmlState.EXECUTE else _NO_STATE
    return _NO_STATE if state in (PackmlState.ABORTING, PackmlState.ABORTED) else YES


def _jog(state: PackmlState) -> Verdict:
    return WITH_SWITCH if state in (PackmlState.IDLE, PackmlState.EXECUTE) else _NO_STATE


def _mailbox(state: PackmlState, asked: Asked, *, manual: bool) -> Verdict:
    if asked is Asked.SIGNAL or (asked in _NOBODY_SHUT_IN and state in _RESCUE_STATES):
        return YES
    if state is PackmlState.IDLE:
        taken = asked is Asked.HOME or (manual and asked in _LOCKS)
    else:
        taken = state is PackmlState.EXECUTE
    if not taken:
        return _NO_STATE
    return WITH_SWITCH if manual else YES


def refusal(machine: Snapshot, asked: Asked) -> int:
    """The reject code that the PLC would give now by key, state and switch, 0 where these three let it pass."""
    system = machine.system
    found = verdict(system.key_switch, system.packml_state, asked)
    if found.enabling and Safety.ENABLING_SWITCH not in system.safety:
        return NOT_ENABLED
    return found.reject_code
