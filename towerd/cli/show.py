"""The status as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from towerd.cli.screen import table


def _known(value: Any) -> str:
    """`?` for what is not known; yes and no for truths."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def headline(status: dict[str, Any]) -> str:
    """Simulated or not, mode, PackML state, and whether a car can come down."""
    parts = [click.style(" SIMULATED ", fg="black", bg="yellow", bold=True)] if status["simulated"] else []
    parts.append(click.style(f"{_known(status['mode'])} / {_known(status['packml'])}", bold=True))
    if not status["plc_good"]:
        parts.append(click.style(f"PLC unknown: {status['plc_reason']}", fg="red", bold=True))
    if status["can_deliver"]:
        parts.append(click.style("can deliver", fg="green"))
    else:
        parts.append(click.style(f"cannot deliver: {', '.join(status['why_not']) or 'no reason given'}", fg="red"))
    return "  ".join(parts)


def _doing(status: dict[str, Any]) -> str:
    doing = status["activity"]
    parts = [doing["what"], doing["step"], f"order {doing['order']}" if doing["order"] else None]
    if doing["remaining_s"] is not None:
        parts.append(f"{doing['remaining_s']:.0f} s to go")
    return ", ".join(part for part in parts if part)


def _bays(bays: Sequence[dict[str, Any]]) -> str:
    """By the books: a bay that is in doubt is neither occupied nor free, whatever its sensors show."""
    found = Counter(
        "unknown" if bay["quality"] != "good" else "free" if bay["vehicle"] is None else "occupied" for bay in bays
    )
    return f"{found['occupied']} occupied, {found['free']} free, {found['unknown']} unknown"


def _machine(status: dict[str, Any]) -> str:
    lift = status["lift"]
    rows = [("doing", _doing(status))]
    where = f"floor {_known(lift['floor'])}, {_known(lift['position_mm'])} mm, fork {_known(lift['fork_mm'])} mm"
    rows.append(("carriage", f"{where}, loaded {_known(lift['loaded'])} {lift['vehicle'] or ''} ({lift['quality']})"))
    for cabin in status["cabins"]:
        doors = f"outer {_known(cabin['outer_door'])}, inner {_known(cabin['inner_door'])}"
        inside = f"vehicle {_known(cabin['vehicle'])}, person {_known(cabin['person'])}, clear {_known(cabin['clear_confirmed'])}"
        rows.append(
            (f"cabin {cabin['number']}", f"{doors}, {inside}, sign {_known(cabin['signal'])} ({cabin['quality']})")
        )
    hand = status["hand"]
    if hand["commander"]:
        rows.append(
            ("by hand", f"{hand['commander']} commands" + (f", {hand['jogging']} jogs" if hand["jogging"] else ""))
        )
    rows.append(("bays", _bays(status["bays"])))
    face = "serves" if status["face_available"] else f"does not serve: {status['face_reason']}"
    liveness = ", ".join(status["liveness"]) or "not checked"
    rows.append(("face", f"{status['engine']} {face} (liveness: {liveness})"))
    challenge = status["challenge"]
    if challenge is not None:
        rows.append(("asked", f"{challenge['prompt']} ({challenge['made']} of {challenge['turns']} turns made)"))
    rows.append(("broker", "connected" if status["bus_connected"] else "not connected"))
    return table((), rows)


def _rows(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    return table(columns, [[_known(row[column]) for column in columns] for row in rows], title) if rows else ""


def obstacles(rows: Sequence[dict[str, Any]]) -> str:
    """What is in the way, since when, why, and what to do."""
    # a column of its own for the cause would leave too little width for the others on a terminal of 80
    shown = [
        (row["code"], "\n".join(filter(None, (row["text"], row["cause"]))), row["since_at"] or "", row["cure"])
        for row in rows
    ]
    return table(("code", "what", "since", "what to do"), shown, "In the way")


def waiting(rows: Sequence[dict[str, Any]]) -> str:
    """What waits, for what, since when, and what to do."""
    shown = [(row["code"], f"{row['what']}\n{row['text']}", row["since_at"] or "", row["cure"]) for row in rows]
    return table(("code", "what", "since", "what to do"), shown, "Waiting")


def status_page(status: dict[str, Any]) -> str:
    """The whole status as one page."""
    parts = [
        f"{headline(status)}\n{_machine(status)}",
        obstacles(status["obstacles"]) if status["obstacles"] else "",
        waiting(status["waiting"]) if status["waiting"] else "",
        _rows("Orders", status["orders"], ("number", "kind", "state", "vehicle", "cabin", "since_at")),
        _rows("Driving in", status["intakes"], ("cabin", "vehicle", "state", "since_at", "text")),
        _rows("Owed", status["owing"], ("cabin", "what", "since_at", "please")),
        _rows("Loans", status["loans"], ("number", "vehicle", "state", "due_back_at")),
        _rows("Alarms", status["alarms"], ("code", "priority", "state", "since_at", "text")),
    ]
    return "\n\n".join(filter(None, parts))
