"""The end of the story in figures: what was asked, what was done, how long it took. From MQTT and the plant's own word."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.demo.board import Board, Event
from simulator.demo.house import House
from simulator.demo.story import Story, Visit

_PHASES = (
    ("identify", "order_accepted", "order_identified"),
    ("plan", "order_identified", "order_delivering"),
    ("fetch", "order_delivering", "order_ready"),
    ("drive off", "order_ready", "order_handed_over"),
    ("close", "order_handed_over", "order_completed"),
)


def _at(event: Event) -> datetime:
    return datetime.fromisoformat(event["at"])


def _visit(board: Board, visit: Visit) -> dict[str, Any]:
    events = {event["type"]: event for event in board.events if event.get("order") == visit.order}
    ready, identified = events["order_ready"]["data"], events["order_identified"]["data"]
    lent = events["loan_out"]["data"]
    phases = {name: round((_at(events[end]) - _at(events[begin])).total_seconds(), 2) for name, begin, end in _PHASES}
    return {
        "order": visit.order,
        "customer": visit.customer,
        "asked": visit.asked,
        "vehicle": visit.vehicle,
        "number": visit.number,
        "code_only": visit.answer["result"]["code_only"],
        "state": board.topics[f"order/{visit.order}"]["state"],
        "loan": board.topics[f"loan/{visit.order}"]["state"],
        "identified_by": identified["by"],
        "liveness": identified["liveness"],
        "score": identified["score"],
        "photos": lent["photos_out"],
        "phases_s": phases,
        "motion_s": ready["motion_s"],
        "minimum_s": ready["minimum_s"],
        "motion_ratio": round(ready["motion_s"] / ready["minimum_s"], 3),
    }


def _gaps(board: Board) -> int:
    numbers = [event["event_seq"] for event in board.events]
    return sum(after != before + 1 for before, after in pairwise(numbers))


def _truth(house: House) -> dict[str, Any]:
    executed = house.ask_plc("executed")
    numbers = Counter((one["boot_id"], one["session"], one["unit"], one["seq"]) for one in executed)
    tags = {str(vehicle["tag"]): vehicle["id"] for vehicle in house.stock["vehicles"]}
    places = house.ask_plc("truth")
    return {
        "gone": sorted(tags[tag] for tag, place in places.items() if place == "gone"),
        "commands_executed": len(executed),
        "executed_twice": sum(count - 1 for count in numbers.values()),
        "commands_failed": sum(one["error"] != 0 for one in executed),
        "collisions": house.ask_plc("state")["collisions"],
    }


def summarise(house: House, story: Story, run_s: float) -> dict[str, Any]:
    """The summary as JSON would have it. Raises DemoError where the plant does not answer."""
    board = house.board
    looks = [event for event in board.events if event.get("type") == "look_failed"]
    return {
        "simulated": board.simulated,
        "engine": house.options.engine,
        "seed": house.options.seed,
        "speed_up": house.options.speed_up,
        "run_s": round(run_s, 1),
        "orders": [_visit(board, visit) for visit in story.visits],
        "loans": sum(topic.startswith("loan/") for topic in board.topics),
        "looks_refused": len(looks),
        "challenges_failed": sum(event["data"]["why"].startswith("challenge") for event in looks),
        "liveness": board.topics["state"]["identification"]["liveness"],
        "messages": board.messages,
        "events": len(board.events),
        "event_gaps": _gaps(board),
        "plant": _truth(house),
    }


def _row(table: Table, name: str, *values: object) -> None:
    table.add_row(name, *map(str, values))


def page(summary: dict[str, Any]) -> RenderableType:
    """The summary for people."""
    orders = summary["orders"]
    table = Table(
        "", *(order["customer"] for order in orders), title="What was asked, and what was done", title_justify="left"
    )
    _row(table, "asked", *(" ".join(order["asked"].values()) for order in orders))
    _row(table, "given", *(f"{order['vehicle']}, number {order['number']}" for order in orders))
    _row(table, "identified by", *(_identified(order) for order in orders))
    for name, _, _ in _PHASES:
        _row(table, name, *(f"{order['phases_s'][name]:.1f} s" for order in orders))
    _row(table, "motion", *(f"{order['motion_s']:.1f} s" for order in orders))
    _row(
        table,
        "mechanical minimum",
        *(f"{order['minimum_s']:.1f} s (× {order['motion_ratio']:.2f})" for order in orders),
    )
    _row(table, "photos of the car", *(len(order["photos"]) or "none" for order in orders))
    _row(table, "order, loan", *(f"{order['state']}, {order['loan']}" for order in orders))
    plant = summary["plant"]
    facts = Text.assemble(
        (" SIMULATED ", "bold black on yellow") if summary["simulated"] else "",
        f" {summary['run_s']:.0f} s at speed-up {summary['speed_up']:g}, seed {summary['seed']}, engine {summary['engine']};",
        f" looks refused: {summary['looks_refused']}, of them in the challenge {summary['challenges_failed']}; liveness: {', '.join(summary['liveness'])};",
        f" MQTT: {summary['messages']} messages, {summary['events']} events, {summary['event_gaps']} gaps.",
        f" The plant says: gone {', '.join(plant['gone'])};",
        f" {plant['commands_executed']} commands executed, {plant['executed_twice']} twice.",
    )
    return Group(table, facts)


def _identified(order: dict[str, Any]) -> str:
    score = f" {order['score']:.2f}" if order["score"] is not None else ""
    return f"{order['identified_by']}{score} (liveness: {order['liveness']})"
