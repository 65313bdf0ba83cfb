"""The live picture of the tower: what stands where, what moves, who is at the gate, what happens and why."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from simulator.demo.board import Board, event_text

_PAINT = {
    "blue": "blue",
    "white": "bright_white",
    "black": "grey39",
    "red": "red",
    "grey": "grey66",
    "silver": "grey82",
    "green": "green",
}
_EVENTS = 9
PICTURE_WIDTH = 100


def _car(vehicle: str | None, cars: dict[str, dict[str, Any]], wide: bool = False) -> Text:
    car = cars.get(vehicle or "")
    if car is None:
        return Text(vehicle or "")
    name = f" {car['make']} {car['model']}" if wide else f"▐█{car['model'][:2]}█▌"
    return Text(name, style=_PAINT.get(car["colour"], "default"))


def _bay(bay: dict[str, Any] | None, cars: dict[str, dict[str, Any]]) -> Text:
    if bay is None or bay["quality"] != "good":
        return Text("  ??  ", style="magenta")
    lock = "" if bay["locked"] else "⚿"
    if bay["vehicle"] is None:
        text = Text("  ··  ", style="dim")
    else:
        text = _car(bay["vehicle"], cars)
        if bay["reserved_for"]:
            text.stylize("bold underline")
    return Text.assemble(text, (lock, "bold yellow"))


def _level(lift: dict[str, Any], floors: int, floor_mm: float) -> int:
    height = lift["position_mm"] or 0
    return min(floors, max(0, round(height / floor_mm)))


def _carriage(lift: dict[str, Any], cars: dict[str, dict[str, Any]]) -> Text:
    turn = "→↗↑↖←↙↓↘"[round((lift["rotation_deg"] or 0) / 45) % 8]
    load = _car(lift["vehicle"], cars) if lift["vehicle"] else Text("▢▢▢▢▢▢" if not lift["loaded"] else "▣▣▣▣▣▣")
    fork = "═" if lift["fork_mm"] else " "
    return Text.assemble(("[", "bold"), load, ("]", "bold"), (f"{turn}{fork}", "bold yellow"))


def _bay_of_cabin(cabin: dict[str, Any], cars: dict[str, dict[str, Any]]) -> Text:
    inside = _car(cabin["vehicle"], cars) if cabin["vehicle"] else Text("  ··  ", style="dim")
    return Text.assemble(inside, f"\ncabin {cabin['number']}")


def tower(status: dict[str, Any], cars: dict[str, dict[str, Any]], floor_mm: float) -> Table:
    """Floors from above, the shaft with the carriage, the bays of each floor, the cabins on the ground."""
    floors, positions, lift = status["floors"], status["positions"], status["lift"]
    bays = {bay["place"]: bay for bay in status["bays"]}
    table = Table("", "shaft", *(str(one) for one in range(1, positions + 1)), box=box.ROUNDED)
    table.columns[1].width = 10
    level = _level(lift, floors, floor_mm) if lift["quality"] == "good" else -1
    for floor in range(floors, 0, -1):
        shaft = _carriage(lift, cars) if level == floor else Text("    │", style="dim")
        cells = (_bay(bays.get(f"{floor}-{position}"), cars) for position in range(1, positions + 1))
        table.add_row(str(floor), shaft, *cells)
    ground = _carriage(lift, cars) if level == 0 else Text("    │", style="dim")
    table.add_section()
    table.add_row("0", ground, *(_bay_of_cabin(cabin, cars) for cabin in status["cabins"]))
    return table


def _doors(cabin: dict[str, Any]) -> Text:
    def door(name: str) -> tuple[str, str]:
        state = cabin[f"{name}_door"]
        return f"{name} door {state}", "bold green" if state == "open" else "yellow" if state != "closed" else "dim"

    return Text.assemble(door("inner"), "  ", door("outer"))


def _cabin(cabin: dict[str, Any], cars: dict[str, dict[str, Any]]) -> Text:
    inside = _car(cabin["vehicle"], cars, wide=True) if cabin["vehicle"] else Text(" empty", style="dim")
    person = Text("  a person inside", style="bold red") if cabin["person"] else Text("")
    tag = f"  tag {cabin['tag']}" if cabin["tag"] else ""
    sign = f"  sign: {(cabin['signal'] or '?').replace('_', ' ')}"
    return Text.assemble((f"cabin {cabin['number']}  ", "dim"), inside, tag, person, sign, "\n         ", _doors(cabin))


def _why(board: Board, status: dict[str, Any]) -> str:
    """What is in the way, else what is waited for, else whose order all this is for."""
    blocked = "; ".join(f"{one['text']}: {one['cure']}" for one in status["obstacles"])
    if blocked:
        return blocked
    doing, waits = status["activity"], status["extra"].get("doing")
    order = next((one for one in status["orders"] if one["id"] == doing["order"]), None)
    if order is None:
        return "nobody waits for a car"
    by = f", identified by {order['identified_by']} (liveness: {order['liveness']})" if order["identified_by"] else ""
    still = f"; waits for: {waits}" if doing["step"] is None and doing["what"] == "delivering" and waits else ""
    return f"{order['customer']} ordered {order['vehicle']}{by}{still}"


def _now(board: Board, status: dict[str, Any], cars: dict[str, dict[str, Any]]) -> Text:
    doing = status["activity"]
    left = f", at least {doing['remaining_s']:.0f} s to go" if doing["remaining_s"] is not None else ""
    rows = (
        ("now", board.chapter, "bold"),
        ("machine", f"{doing['what'].replace('_', ' ')}, {doing['step'] or 'no motion'}{left}", ""),
        ("why", _why(board, status), ""),
        ("camera", f"{board.camera} stands before it", ""),
    )
    text = Text()
    for name, value, style in rows:
        text.append(f"{name:<9}", style="dim").append(value + "\n", style=style)
    for cabin in status["cabins"]:
        text.append_text(_cabin(cabin, cars)).append("\n")
    return text


def headline(board: Board) -> Text:
    """That it is a simulation, and what machine and broker say."""
    text = Text()
    if board.simulated:
        text.append(" SIMULATED ", style="bold black on yellow")
    state = board.topics.get("state", {})
    text.append(f" {state.get('mode') or '?'} / {state.get('packml') or '?'}", style="bold")
    deliver = state.get("can_deliver")
    text.append("  can deliver" if deliver else "  cannot deliver yet", style="green" if deliver else "yellow")
    text.append(f"  {board.messages} messages over MQTT", style="dim")
    return text


def _log(board: Board) -> Text:
    lines = [(event["at"][11:19], event_text(event)) for event in board.events[-_EVENTS:]]
    text = Text()
    for at, line in lines:
        text.append(f"{at}  ", style="dim")
        text.append(line + "\n")
    return text


def picture(board: Board, cars: dict[str, dict[str, Any]], floor_mm: float) -> RenderableType:
    """The whole screen."""
    status = board.status
    if status is None or not status["floors"]:
        return Panel(Text(board.chapter, style="bold"), title=headline(board), title_align="left", width=PICTURE_WIDTH)
    body = Group(tower(status, cars, floor_mm), _now(board, status, cars), _log(board))
    return Panel(body, title=headline(board), title_align="left", width=PICTURE_WIDTH)
