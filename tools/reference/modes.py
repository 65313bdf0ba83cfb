"""The page about modes: what is allowed where."""

from __future__ import annotations

from tools.reference.markdown import page, table
from towerd.fsm.allowed import STATES, Asked, Verdict, verdict
from towerd.plc.codes import REJECT_TEXT
from towerd.plc.snapshot import KeySwitch

_KEYS = (KeySwitch.AUTO, KeySwitch.MANUAL, KeySwitch.MAINTENANCE, KeySwitch.OFF)


def _shown(found: Verdict) -> str:
    if found.enabling:
        return "switch"
    return str(found.reject_code) if found.reject_code else "yes"


def _key(key: KeySwitch) -> str:
    rows = [(f"`{asked}`", *(_shown(verdict(key, state, asked)) for state in STATES)) for asked in Asked]
    columns = ("", *(state.name.capitalize() for state in STATES))
    return f"## Key at {key.name.capitalize()}\n\n{table(columns, rows)}"


def modes() -> str:
    """docs/reference/modes.md."""
    intro = (
        "What the PLC takes where, by the key switch, the PackML state and the enabling switch (PLC interface 4, 7.1, 9.3)."
        " towerd refuses by the same table before it asks, in the PLC's words; the PLC decides. `yes`: taken. `switch`: taken"
        " while the enabling switch is held, else refused with 9. A number: refused with that code:"
        f" 4 {REJECT_TEXT[4]}; 5 {REJECT_TEXT[5]}; 9 {REJECT_TEXT[9]}. Interlocks, homing, epochs and people in the way (6, 7,"
        " 10, 11) are looked at with each command besides. A test compares every cell with what the simulated PLC says."
    )
    return page("Modes", intro, *(_key(key) for key in _KEYS))
