"""Faults between PLC and PC: replies late, torn, lost, doubled, cut or not ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.fault import Fault, Given, Param

if TYPE_CHECKING:
    from simulator.core import Simulator
    from simulator.wire import Disturbance

Apply = Callable[["Simulator", bool, Given], None]
SHARE = Param("ratio", "number", "share of the replies, drawn with the seed", default=1.0, low=0.0, high=1.0)


def _disturb(kind: Disturbance, value: str = "") -> Apply:
    def apply(sim: Simulator, on: bool, given: Given) -> None:
        if on:
            sim.wire.disturb(kind, float(given["ratio"]), float(given[value]) if value else 1.0)
        else:
            sim.wire.calm(kind)

    return apply


def _cable(sim: Simulator, on: bool, given: Given) -> None:
    sim.wire.cut = on


FAULTS = (
    Fault(
        "cable_out",
        "wire",
        "no connection: the one there was ends, new ones are closed at once",
        "clear; the PC connects anew",
        _cable,
        (),
        (7,),
    ),
    Fault(
        "reply_delayed",
        "wire",
        "the request is done at once, its reply comes late",
        "clear",
        _disturb("delay", "delay_s"),
        (SHARE, Param("delay_s", "number", "how late, s", default=1.5, low=0.0, high=60.0)),
    ),
    Fault(
        "request_delayed",
        "wire",
        "the request is done late, even when its connection has gone meanwhile (5.6)",
        "clear",
        _disturb("late", "delay_s"),
        (SHARE, Param("delay_s", "number", "how late, s", default=1.5, low=0.0, high=60.0)),
    ),
    Fault("reply_dropped", "wire", "the request is done, its reply is lost", "clear", _disturb("drop"), (SHARE,)),
    Fault("reply_duplicated", "wire", "the reply comes twice", "clear", _disturb("double"), (SHARE,)),
    Fault("reply_truncated", "wire", "half of the reply comes, the rest never", "clear", _disturb("cut"), (SHARE,)),
    Fault(
        "reply_torn",
        "wire",
        "a read block shows two different counters (1.6)",
        "clear",
        _disturb("torn"),
        (SHARE,),
    ),
    Fault(
        "wrong_unit",
        "wire",
        "the reply carries another device id",
        "clear",
        _disturb("unit", "unit"),
        (SHARE, Param("unit", "whole", "the id", default=7, low=0, high=255)),
    ),
    Fault(
        "exception_reply",
        "wire",
        "a request is answered with a Modbus exception and not done",
        "clear",
        _disturb("exception", "code"),
        (SHARE, Param("code", "whole", "4 device failure, 6 busy, 10 and 11 gateway", default=4, low=1, high=255)),
    ),
)
