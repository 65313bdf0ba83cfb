"""The catalogue of faults as a list for people, for programs, and for the page in docs/."""

from __future__ import annotations

from typing import Any

from simulator.deeds import DEEDS, Deed
from simulator.fault import Fault, Param
from simulator.faults import CATALOGUE
from simulator.moments import FORMS


def _range(param: Param) -> str:
    if param.choices:
        return " | ".join(param.choices)
    if param.low is not None and param.high is not None:
        return f"{param.low:g} to {param.high:g}"
    return {"flag": "0 | 1", "bay": "FLOOR-POSITION", "cabin": "1 | 2", "place": "place"}.get(param.kind, param.kind)


def signature(fault: Fault) -> str:
    """The parameters on one line: `axis, ratio=0.2`; optional ones in brackets."""
    parts = []
    for param in fault.params:
        if param.default is not None:
            default = int(param.default) if isinstance(param.default, bool) else param.default
            parts.append(f"{param.name}={default}")
        else:
            parts.append(f"[{param.name}]" if param.optional else param.name)
    return ", ".join(parts)


def as_records() -> list[dict[str, Any]]:
    """The catalogue for programs."""
    return [
        {
            "name": fault.name,
            "group": fault.group,
            "text": fault.text,
            "goes": fault.goes,
            "alarms": list(fault.alarms),
            "lasting": fault.lasting,
            "params": [
                {"name": p.name, "range": _range(p), "default": p.default, "optional": p.optional, "text": p.text}
                for p in fault.params
            ],
        }
        for fault in CATALOGUE.values()
    ]


def as_text() -> str:
    """The catalogue for a terminal."""
    lines: list[str] = []
    for fault in CATALOGUE.values():
        lines += [f"{fault.name}({signature(fault)})", f"    {fault.text}"]
        lines += [f"    {param.name}: {_range(param)}{_text(param)}" for param in fault.params]
        lines.append(f"    goes: {fault.goes}")
        if fault.alarms:
            lines.append(f"    alarms: {', '.join(map(str, fault.alarms))}")
    return "\n".join(lines)


def _text(param: Param) -> str:
    return f"  {param.text}" if param.text else ""


def as_table() -> str:
    """The catalogue as a Markdown table."""
    lines = ["| fault | parameters | what | alarms | goes away by |", "|---|---|---|---|---|"]
    for fault in CATALOGUE.values():
        numbers = ", ".join(map(str, fault.alarms))
        params = f"`{signature(fault)}`" if fault.params else ""
        lines.append(f"| `{fault.name}` | {params} | {fault.text} | {numbers} | {fault.goes} |")
    return "\n".join(lines)


def _needs(deed: Deed) -> str:
    named = [f"`{need}`".replace("|", "` or `") for need in deed.needs]
    return ", ".join([*named, *(f"[`{one}`]" for one in deed.takes)])


def acts_table() -> str:
    """The acts as a Markdown table."""
    rows = (f"| `{name}` | {_needs(deed)} | {deed.text} |" for name, deed in DEEDS.items())
    return "\n".join(["| act | with | |", "|---|---|---|", *rows])


def moments_list() -> str:
    """The conditions of a scenario as a Markdown list."""
    return "\n".join(f"- `{form}`" for form, _, _ in FORMS)
