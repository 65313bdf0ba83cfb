"""What stops the machine, or a delivery, now. Asked by the core before it moves and by people who want to know why. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from towerd.alarm_catalogue import kind_of, plc_code
from towerd.faults import FAULTS
from towerd.fsm.changes import changes, changes_obstacle
from towerd.fsm.latch import stopping_faults
from towerd.fsm.state import State
from towerd.fsm.turn import Turn
from towerd.plc.codes import STOP_REASON_TEXT
from towerd.plc.registers import alarm_types
from towerd.plc.snapshot import KeySwitch, PackmlState, Safety, Snapshot
from towerd.view import Obstacle

_SAFETY = (
    (Safety.ESTOP_CHAIN_OK, True, "estop", "The emergency stop chain is open", "Release the button that is pressed."),
    (
        Safety.RESET_REQUIRED,
        False,
        "reset_required",
        "The reset button is owed",
        "Press the reset button at the tower.",
    ),
    (Safety.SHAFT_CLEAR, True, "shaft_not_clear", "Somebody or something is in the shaft", "Look into the shaft."),
    (Safety.GATES_CLOSED, True, "gate_open", "A maintenance gate is open", "Close the gates."),
    (Safety.FIRE_ALARM, False, "fire", "The fire alarm is active", "Leave; call the fire brigade."),
    (Safety.DRIVES_ENABLED, True, "drives_off", "The drives are off", "Follow the alarms."),
)
_KEY_CURE = "When nobody is inside, turn the key on the cabinet to Auto"
_BY_HAND = "towerctl goto, lock, fork, door, jog and home, with the enabling switch held"
_KEY_CURES = {
    KeySwitch.MANUAL: f"{_KEY_CURE}. To work by hand first: {_BY_HAND}.",
    KeySwitch.MAINTENANCE: f"{_KEY_CURE}; to work by hand, to Manual.",
    KeySwitch.OFF: f"{_KEY_CURE}; to work by hand, to Manual.",
}
PACKML_CURE = {
    PackmlState.STOPPED: "towerctl packml reset, then towerctl packml start.",
    PackmlState.IDLE: "towerctl packml start.",
    PackmlState.HELD: "Remove the cause of the hold, then: towerctl packml unhold.",
    PackmlState.ABORTED: "Remove the cause, press the reset button, then: towerctl packml clear.",
}


def safety_obstacles(machine: Snapshot) -> tuple[Obstacle, ...]:
    """What the safety inputs say against any motion."""
    return _safety_obstacles(machine.system.safety)


@lru_cache(maxsize=256)
def _safety_obstacles(safety: Safety) -> tuple[Obstacle, ...]:
    return tuple(
        Obstacle(code, text, cure) for bit, wanted, code, text, cure in _SAFETY if (bit in safety) is not wanted
    )


def alarm_obstacles(machine: Snapshot) -> tuple[Obstacle, ...]:
    """The PLC's alarms that hold or abort the machine."""
    if not machine.alarms.active:
        return ()
    known = alarm_types()
    holding = sorted(n for n in machine.alarms.active if n in known and known[n].stops != "no")
    kinds = [kind_of(plc_code(number)) for number in holding]
    return tuple(Obstacle(kind.code, kind.text, kind.cure, cause=kind.cause) for kind in kinds)


def _machine_obstacles(machine: Snapshot) -> tuple[Obstacle, ...]:
    found: list[Obstacle] = []
    system = machine.system
    if system.key_switch is not KeySwitch.AUTO:
        name = system.key_switch.name.lower()
        found.append(
            Obstacle(f"key_{name}", f"The key is at {name.title()}, not at Auto", _KEY_CURES[system.key_switch])
        )
    if system.packml_state is not PackmlState.EXECUTE:
        name = system.packml_state.name.lower()
        cure = PACKML_CURE.get(system.packml_state, "It passes by itself.")
        reason = f": {STOP_REASON_TEXT.get(system.stop_reason, system.stop_reason)}" if system.stop_reason else ""
        found.append(Obstacle(f"packml_{name}", f"The machine is {name}{reason}", cure))
    return (*found, *safety_obstacles(machine), *alarm_obstacles(machine))


def link_obstacles(state: State) -> tuple[Obstacle, ...]:
    """What keeps towerd from knowing the machine."""
    machine = state.volatile.snapshot
    if machine is None:
        return (Obstacle("plc_lost", state.volatile.plc_reason, "Check the PLC, its cable and the address."),)
    if state.volatile.reconciled_session != machine.session:
        return (Obstacle("reconciling", "Open commands are being looked up", "It passes by itself."),)
    return ()


def fault_obstacles(state: State) -> tuple[Obstacle, ...]:
    """Latched faults that stop."""
    if not state.tables.faults:
        return ()
    rows = [state.tables.faults[number] for number in stopping_faults(state.tables)]
    return tuple(
        Obstacle(
            FAULTS[row.number].code,
            f"{FAULTS[row.number].text}: {row.cause}",
            FAULTS[row.number].cure,
            row.since_at,
            FAULTS[row.number].cause,
        )
        for row in rows
    )


def obstacles(state: State, *, with_faults: bool = True) -> tuple[Obstacle, ...]:
    """Everything that keeps commands from leaving now; empty: the machine may be commanded."""
    found = list(link_obstacles(state))
    if state.volatile.stopping:
        found.append(Obstacle("stopping", "towerd is being stopped", "It starts again with its service."))
    if state.tables.meta.mqtt_hold:
        found.append(Obstacle("mqtt_hold", "An operator holds the tower", "The operator sends resume."))
    machine = state.volatile.snapshot
    if machine is not None:
        found.extend(_machine_obstacles(machine))
    changed = changes_obstacle(state)
    if changed is not None:
        found.append(changed)
    if with_faults:
        found.extend(fault_obstacles(state))
    since_at = state.volatile.obstacles_since_at
    return tuple(one if one.since_at else replace(one, since_at=since_at.get(one.code)) for one in found)


def may_command(state: State, *, with_faults: bool = True) -> bool:
    """Whether commands may leave: the same question as `obstacles`, answered at the first that stands."""
    volatile = state.volatile
    machine = volatile.snapshot
    if machine is None or volatile.stopping or volatile.reconciled_session != machine.session:
        return False
    system = machine.system
    if system.packml_state is not PackmlState.EXECUTE or system.key_switch is not KeySwitch.AUTO:
        return False
    if state.tables.before and changes(state):
        return False
    if state.tables.meta.mqtt_hold or safety_obstacles(machine) or alarm_obstacles(machine):
        return False
    return not (with_faults and fault_obstacles(state))


def watch_obstacles(turn: Turn) -> None:
    """Keep since when each obstacle stands; what is over, or cannot be seen without a picture of the machine, is forgotten."""
    known = turn.volatile.obstacles_since_at
    if not known and may_command(turn.state):
        return
    codes = dict.fromkeys(one.code for one in obstacles(turn.state))
    if codes.keys() != known.keys():
        turn.set(obstacles_since_at={code: known.get(code, turn.now) for code in codes})
