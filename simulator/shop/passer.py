"""Somebody at a simulated tower of the stack: types number and code, drives cars in, does what the kiosk asks.

It speaks to towerd's local API as a kiosk does, and to the plant by its control port. Of the stand-in only: in a real
tower people do this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from simulator.control import ask

WITHIN_S = 180.0
_LOOK_EVERY_S = 0.3
_ANSWERED_S = 10.0
_TAKEN = frozenset({"storing", "done"})
_TURNED_AWAY = frozenset({"turned_away", "refused", "expired", "cancelled"})


class PasserError(Exception):
    """It does not go on at the tower; the text says why."""


def _plainly(reason: str) -> str:
    return reason.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Passer:
    """Somebody at one tower. By a vehicle's id, `record` gives its record and `reads` what its dashboard reads."""

    socket: Path
    control_port: int
    record: Callable[[str], Mapping[str, Any]]
    reads: Callable[[str], Mapping[str, Any]]

    def come(self, number: str, code: str) -> str:
        """Type number and code; who brings a car drives it in. Gives what was reached. Raises PasserError."""
        self._post("/code", {"number": number, "code": code})
        order = next(one for one in self._get("/status")["orders"] if one["number"] == number)
        if order["kind"] == "stock_in":
            return self._drive_in(str(order["vehicle"]))
        return "The tower takes number and code."

    def back(self, number: str) -> str:
        """Bring the car of a loan back. Raises PasserError."""
        self._post("/drive-in", {"number": number})
        row = next(row for row in self._get("/drive-in")["intakes"] if row["state"] in ("opening", "waiting"))
        return self._drive_in(str(row["vehicle"]))

    def _drive_in(self, vehicle: str) -> str:
        """Do what is asked of a driver until the car is taken in, or turned away."""
        ends_s = time.monotonic() + WITHIN_S
        done: set[str] = set()
        while time.monotonic() < ends_s:
            rows = [row for row in self._get("/drive-in")["intakes"] if row["vehicle"] == vehicle]
            state = rows[0]["state"] if rows else ""
            # what ended before this drive began says nothing of it
            if done and state in _TAKEN:
                return f"{vehicle} is in."
            if done and state in _TURNED_AWAY:
                raise PasserError(f"{vehicle} is not taken in: {rows[0]['text']}")
            if state not in {*done, *_TAKEN, *_TURNED_AWAY, ""}:
                done.add(state)
                self._do(state, rows[0])
            time.sleep(_LOOK_EVERY_S)
        raise PasserError(f"{vehicle} is not in within {WITHIN_S:g} s")

    def _do(self, state: str, row: Mapping[str, Any]) -> None:
        if state == "waiting":
            self._act("arrive", cabin=row["cabin"], vehicle=dict(self.record(str(row["vehicle"]))))
        elif state == "securing":
            read = self.reads(str(row["vehicle"]))
            said = {name: read[name] for name in row["wanted"] if name in read}
            self._post(f"/drive-in/{row['cabin']}/secured", {**said, "damage": False})
        elif state == "clearing":
            self._act("get_out", cabin=row["cabin"])
            self._act("press_clear", cabin=row["cabin"])

    def _act(self, do: str, **parameters: Any) -> None:
        try:
            answer = ask(self.control_port, {"do": do, **parameters})
        except (OSError, ValueError) as error:
            raise PasserError(f"the plant does not answer: {error}") from error
        if not answer["ok"]:
            raise PasserError(f"{do}: {answer}")

    def _request(self, method: str, route: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        # a socket of this machine knows no certificates
        transport = httpx.HTTPTransport(uds=str(self.socket), verify=False)
        try:
            with httpx.Client(transport=transport, base_url="http://towerd", timeout=_ANSWERED_S) as client:
                answer = client.request(method, route, json=body)
        except httpx.HTTPError as error:
            raise PasserError(f"towerd does not answer: {error}") from error
        content: dict[str, Any] = answer.json()
        if answer.is_error:
            why = content.get("text") or ", ".join(map(_plainly, content.get("reasons", ()))) or content
            raise PasserError(f"The tower refuses: {why}")
        return content

    def _get(self, route: str) -> dict[str, Any]:
        return self._request("GET", route)

    def _post(self, route: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._request("POST", route, body)
