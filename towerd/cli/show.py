"""The status as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text


def on_terminal(shown: RenderableType) -> None:
    """Print it, as wide as the terminal is."""
    Console().print(shown)


def _known(value: Any) -> str:
    """`?` for what is not known; yes and no for truths."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def headline(status: dict[str, Any]) -> Text:
    """Simulated or not, mode, PackML state, and whether a car can come down."""
    text = Text()
    if status["simulated"]:
        text.append(" SIMULATED ", style="bold black on yellow")
        text.append(" ")
    text.append(f"{_known(status['mode'])} / {_known(status['packml'])}", style="bold")
    if not status["plc_good"]:
        text.append(f"  PLC unknown: {status['plc_reason']}", style="bold red")
    if status["can_deliver"]:
        text.append("  can deliver", style="green")
    else:
        text.append(f"  cannot deliver: {', '.join(status['why_not']) or 'no reason given'}", style="red")
    return text


def _doing(status: dict[str, Any]) -> str:
    doing = status["activity"]
    parts = [doing["what"], doing["step"], f"order {doing['order']}" if doing["order"] else None]
    if doing["remaining_s"] is not None:
        parts.append(f"{doing['remaining_s']:.0f} s to go")
    return ", ".join(part for part in parts if part)


def _machine(status: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    lift = status["lift"]
    table.add_row("doing", _doing(status))
    where = f"floor {_known(lift['floor'])}, {_known(lift['position_mm'])} mm, fork {_known(lift['fork_mm'])} mm"
    table.add_row("carriage", f"{where}, loaded {_known(lift['loaded'])} {lift['vehicle'] or ''} ({lift['quality']})")
    for cabin in status["cabins"]:
        doors = f"outer {_known(cabin['outer_door'])}, inner {_known(cabin['inner_door'])}"
        inside = f"vehicle {_known(cabin['vehicle'])}, person {_known(cabin['person'])}, clear {_known(cabin['clear_confirmed'])}"
        table.add_row(
            f"cabin {cabin['number']}", f"{doors}, {inside}, sign {_known(cabin['signal'])} ({cabin['quality']})"
        )
    hand = status["hand"]
    if hand["commander"]:
        table.add_row(
            "by hand", f"{hand['commander']} commands" + (f", {hand['jogging']} jogs" if hand["jogging"] else "")
        )
    bays = Counter(_known(bay["occupied"]) for bay in status["bays"])
    table.add_row("bays", f"{bays['yes']} occupied, {bays['no']} free, {bays['?']} unknown")
    face = "serves" if status["face_available"] else f"does not serve: {status['face_reason']}"
    liveness = ", ".join(status["liveness"]) or "not checked"
    table.add_row("face", f"{status['engine']} {face} (liveness: {liveness})")
    challenge = status["challenge"]
    if challenge is not None:
        table.add_row("asked", f"{challenge['prompt']} ({challenge['made']} of {challenge['turns']} turns made)")
    table.add_row("broker", "connected" if status["bus_connected"] else "not connected")
    return table


def _table(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Iterator[Table]:
    if not rows:
        return
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_known(row[column]) for column in columns))
    yield table


def obstacles(rows: list[dict[str, Any]]) -> Table:
    """What is in the way, since when, why, and what to do."""
    table = Table("code", "what", "since", "what to do", title="In the way", title_justify="left")
    for row in rows:
        # a column of its own would leave too little width for the others on a terminal of 80
        what = "\n".join(filter(None, (row["text"], row["cause"])))
        table.add_row(row["code"], what, row["since_at"] or "", row["cure"])
    return table


def waiting(rows: list[dict[str, Any]]) -> Table:
    """What waits, for what, since when, and what to do."""
    table = Table("code", "what", "since", "what to do", title="Waiting", title_justify="left")
    for row in rows:
        table.add_row(row["code"], f"{row['what']}\n{row['text']}", row["since_at"] or "", row["cure"])
    return table


def status_page(status: dict[str, Any]) -> RenderableType:
    """The whole status as one page."""
    parts: list[RenderableType] = [headline(status), Panel(_machine(status))]
    if status["obstacles"]:
        parts.append(obstacles(status["obstacles"]))
    if status["waiting"]:
        parts.append(waiting(status["waiting"]))
    parts.extend(_table("Orders", status["orders"], ("number", "kind", "state", "vehicle", "cabin", "since_at")))
    parts.extend(_table("Driving in", status["intakes"], ("cabin", "vehicle", "state", "since_at", "text")))
    parts.extend(_table("Owed", status["owing"], ("cabin", "what", "since_at", "please")))
    parts.extend(_table("Loans", status["loans"], ("number", "vehicle", "state", "due_back_at")))
    parts.extend(_table("Alarms", status["alarms"], ("code", "priority", "state", "since_at", "text")))
    return Group(*parts)
