"""A simulator that notes how long the PC takes: `python -m bench.plant`, its own process, ended by SIGTERM.

A sample is the time, in s, from the scan in which a command of a job ended (the sensors have told so) to the arrival of the
next command of the same job. On its end it prints all samples, each with its job, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

from simulator.config import Actors, SimulatorConfig
from simulator.core import Simulator
from simulator.runner import Served, serve
from tests.scenario.tower import car
from towerd.places import Place, bay
from towerd.plc.registers import blocks
from towerd.plc.snapshot import Unit

FLOORS, POSITIONS, CARS = 5, 6, 24
SPEED_UP = 30.0


def config() -> SimulatorConfig:
    """A quick tower whose customers lose no time."""
    actors = Actors(auto_drive_off=True, customer_delay_s=0.1, boarding_s=0.1, driving_s=0.1)
    return SimulatorConfig(floors=FLOORS, positions=POSITIONS, speed_up=SPEED_UP, actors=actors)


def stock() -> Sequence[tuple[Place, int]]:
    """Where each car stands, by number."""
    places = [bay(floor, position) for floor in range(1, FLOORS + 1) for position in range(1, POSITIONS + 1)]
    return tuple((place, number) for number, place in enumerate(places[:CARS], start=1))


class Plant(Simulator):
    """Notes when commands of a job end and when they come."""

    def __init__(self) -> None:
        super().__init__(config(), [(str(place), car(number)) for place, number in stock()])
        self.samples: list[tuple[int, float]] = []
        table = blocks()
        self._mailboxes = {table[f"CMD_{unit}"].start: table[f"CMD_{unit}"] for unit in Unit}
        self._ends = {table[f"CMD_{unit}"].start: table[f"STS_{unit}"].field("last_seq").address for unit in Unit}
        self._under_way: dict[int, tuple[int, int]] = {}
        self._ended: tuple[int, float] | None = None

    def step(self, dt_s: float) -> None:
        """As the simulator's, and note what has ended. Staff press the button for a clear cabin at once: nobody waits for
        the eight seconds after which a cabin counts as clear by itself.
        """
        if not self.plc.cabins[0].clear_confirmed:
            self.press_clear(1)
        super().step(dt_s)
        for start, (seq, job) in tuple(self._under_way.items()):
            if self.read(self._ends[start], 1)[0] == seq:
                del self._under_way[start]
                self._ended = (job, time.monotonic())

    def write(self, address: int, words: Sequence[int]) -> None:
        """As the simulator's, and note what has come."""
        super().write(address, words)
        block = self._mailboxes.get(address)
        if block is None:
            return
        job = (words[5] << 16) | words[6]
        if self._ended is not None and self._ended[0] == job and job:
            self.samples.append((job, time.monotonic() - self._ended[1]))
        self._ended = None
        self._under_way[address] = (words[-1], job)


def main() -> None:
    """Serve until SIGTERM, then tell."""
    plant = Plant()
    asyncio.run(serve(plant, Served("127.0.0.1", 0)))
    print(json.dumps(plant.samples), flush=True)


if __name__ == "__main__":
    main()
