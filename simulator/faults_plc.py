"""Faults of the PLC itself: frozen, off, restarted, another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.fault import Fault, Given, Param
from simulator.faults_drives import RESET

if TYPE_CHECKING:
    from simulator.core import Simulator

IDENTITY = {
    "magic": {"magic": 1},
    "major": {"if_major": 2},
    "word_order": {"word_order_test": 0x5678_1234},
    "layout_crc": {"layout_crc": 0xDEAD_BEEF},
}


def _frozen(sim: Simulator, on: bool, given: Given) -> None:
    if on and not sim.frozen:
        sim.plant.halt()
    sim.frozen = on
    sim.wire.silent = on and not given["answers"]


def _off(sim: Simulator, on: bool, given: Given) -> None:
    was_off, sim.wire.silent, sim.frozen = sim.frozen and sim.wire.silent, on, on
    if on and not was_off:
        sim.plant.halt()
    elif was_off and not on:
        sim.restart_plc()


def _restart(sim: Simulator, on: bool, given: Given) -> None:
    if on:
        sim.restart_plc(keep_reference=not given["unreferenced"])


def _internal(sim: Simulator, on: bool, given: Given) -> None:
    sim.plant.inputs.plc_internal = on


def _identity(sim: Simulator, on: bool, given: Given) -> None:
    for field, value in IDENTITY[str(given["what"])].items():
        sim.image.force("ID", field, value if on else None)


def _register(sim: Simulator, on: bool, given: Given) -> None:
    sim.image.force(str(given["block"]), str(given["field"]), int(given["value"]) if on else None)


FAULTS = (
    Fault("plc_internal", "plc", "the PLC reports an internal fault", RESET, _internal, (), (39, 1)),
    Fault(
        "frozen_plc",
        "plc",
        "the program stands: heartbeat and values do not change, nothing that was written is looked at; the drives stop by themselves",
        "clear; the PC has lost its link by then, so 3.3 applies",
        _frozen,
        (Param("answers", "flag", "whether its server still answers, with the last values", default=True),),
        (7,),
    ),
    Fault(
        "plc_off",
        "plc",
        "the PLC is without power: nothing answers, nothing moves",
        "clear, which starts it anew as restart_plc does",
        _off,
        (),
        (11,),
    ),
    Fault(
        "restart_plc",
        "plc",
        "the PLC starts anew (4.7): new boot_id and epochs, taken_seq 0",
        "a new session (2.1); HOME where the reference is lost",
        _restart,
        (Param("unreferenced", "flag", "the axes lose their reference", default=True),),
        (11,),
        lasting=False,
    ),
    Fault(
        "wrong_identity",
        "plc",
        "block ID says something that the PC must not accept, or must have confirmed (2.1)",
        "clear; a new session",
        _identity,
        (Param("what", "choice", "which of its values is wrong", choices=tuple(IDENTITY), key=True),),
    ),
    Fault(
        "register_forced",
        "plc",
        "a field of a read block shows a value whatever is true, such as a wrong block_id or an impossible state",
        "clear",
        _register,
        (
            Param("block", "text", "as in registers.csv", key=True),
            Param("field", "text", "as in registers.csv", key=True),
            Param("value", "whole", "what it shows"),
        ),
    ),
)
