"""Pages about the machine: registers, alarms and faults, states."""

from __future__ import annotations

from tools.reference.markdown import page, table
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
        "Faults are towerd's own (TWR), latched with their first cause until a technician has looked:"
        " `towerctl reset NUMBER`. Alarms are the PLC's (PLC); it says what they stop, and they are acknowledged there."
    )
    own = [
        (fault.code, fault.name, fault.priority, "yes" if fault.stops else "no", fault.text, fault.cause, fault.cure)
        for fault in FAULTS.values()
    ]
    plc = [
        (f"PLC-{alarm.number:03d}", alarm.name, alarm.priority, alarm.stops, alarm.stop_reason or "", alarm.text)
        for alarm in alarm_types().values()
    ]
    columns = ("code", "name", "priority", "stops", "what happened", "why", "what to do")
    return page(
        "Faults and alarms",
        intro,
        f"## Faults of towerd\n\n{table(columns, own)}",
        f"## Alarms of the PLC\n\n{table(('code', 'name', 'priority', 'stops', 'stop_reason', 'text'), plc)}",
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
