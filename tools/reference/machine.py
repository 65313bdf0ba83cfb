"""Pages about the machine: registers, alarms and faults, states."""

from __future__ import annotations

from tools.reference.markdown import page, table
from towerd.alarm_catalogue import catalogue, plc_code
from towerd.faults import FAULTS
from towerd.fsm.charts import CHARTS
from towerd.plc.registers import Block, alarm_types, blocks


def _block(block: Block) -> str:
    rows = [
        (
            f"0x{one.address:04X}",
            one.field,
            one.type,
            one.unit,
            one.minimum,
            one.maximum,
            "W" if one.writable else "R",
            one.text,
        )
        for one in block.fields
    ]
    head = f"## {block.name}\n\nFrom 0x{block.start:04X}, {block.length} words."
    return f"{head}\n\n{table(('address', 'field', 'type', 'unit', 'min', 'max', '', 'meaning'), rows)}"


def registers() -> str:
    """docs/reference/registers.md."""
    intro = (
        "Every register of the PLC interface 1.0. Addresses are 0-based PDU addresses of holding registers;"
        " 32-bit values take two, high word first. R: the PLC writes; W: towerd writes."
    )
    return page("Registers", intro, *(_block(block) for block in blocks().values()))


def faults() -> str:
    """docs/reference/faults.md."""
    intro = (
        "One catalogue. Faults are towerd's own (TWR), kept with their first cause; those that are latched stay until a"
        " technician has looked: `towerctl reset NUMBER`. Alarms are the PLC's (PLC); it says what they stop. Both are"
        " acknowledged with `towerctl alarms ack CODE`, which is no reset."
    )
    reasons = {plc_code(kind.number): kind.stop_reason or "" for kind in alarm_types().values()}
    latched = {fault.code: "yes" if fault.latched else "no" for fault in FAULTS.values()}
    rows: dict[bool, list[tuple[object, ...]]] = {True: [], False: []}
    for kind in catalogue().values():
        own = kind.code in latched
        extra = latched[kind.code] if own else reasons[kind.code]
        rows[own].append((kind.code, kind.name, kind.priority, kind.stops, extra, kind.text, kind.cause, kind.cure))
    ends = ("what happened", "why", "what to do")
    own_columns = ("code", "name", "priority", "stops", "latched", *ends)
    plc_columns = ("code", "name", "priority", "stops", "stop_reason", *ends)
    return page(
        "Faults and alarms",
        intro,
        f"## Faults of towerd\n\n{table(own_columns, rows[True])}",
        f"## Alarms of the PLC\n\n{table(plc_columns, rows[False])}",
    )


def _diagram(source: str) -> str:
    """The diagram without front matter and colours: those are for a machine that stands in one of the states."""
    body = source[source.index("stateDiagram-v2") :]
    lines = [line.rstrip() for line in body.splitlines()]
    return "\n".join(line for line in lines if line and not line.strip().startswith(("classDef", "Class ", "class ")))


def states() -> str:
    """docs/reference/states.md."""
    parts = []
    for name, chart in CHARTS.items():
        arcs = [(arc.trigger, ", ".join(arc.sources), arc.target) for arc in chart.arcs]
        parts.append(
            f"## {name}\n\n```mermaid\n{_diagram(chart.mermaid())}\n```\n\n{table(('trigger', 'from', 'to'), arcs)}"
        )
    return page("States", "Every state chart of the core. What is not drawn does not happen.", *parts)
