"""Scenarios: what happens to the tower at a time or in a situation. Read from TOML, run by `Simulator.step`.

[[step]]
when = "FORK_GET running and carriage loaded"   # or: at_s = 10.0
after_s = 0.5                                   # later than that
fault = "jam_axis"                              # or: act = "press_exit", clear = "jam_axis"
with = { axis = "lift" }
for_s = 5.0                                     # a fault goes away by itself
times = 1                                       # how often `when` counts; 0 always
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import deeds, faults
from simulator.moments import Level, condition

if TYPE_CHECKING:
    from simulator.config import SimulatorConfig
    from simulator.core import Simulator

KEYS = {"at_s", "when", "after_s", "fault", "act", "clear", "with", "for_s", "times"}
DOES = ("fault", "act", "clear")
HEADER = re.compile(r"\s*\[\[\s*step\s*\]\]")


class ScenarioError(ValueError):
    """A scenario that cannot be run; the text has file and line."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Exactly one of `at_s` and `when` counts; `does` is fault, act or clear."""

    does: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    at_s: float | None = None
    when: Level | None = None
    after_s: float = 0.0
    for_s: float | None = None
    times: int = 1


def check_step(raw: Mapping[str, Any], config: SimulatorConfig) -> Step:
    """A step from its table. Raises ValueError, whose first argument's second word is the key, for `parse` to find."""
    unknown = sorted(set(raw) - KEYS)
    if unknown:
        raise ValueError(f"key {unknown[0]}: no such key; there are {', '.join(sorted(KEYS))}")
    does = [key for key in DOES if key in raw]
    if len(does) != 1:
        raise ValueError("a step has exactly one of fault, act, clear")
    if ("at_s" in raw) == ("when" in raw):
        raise ValueError("a step has exactly one of at_s and when")
    for_s = _seconds(raw, "for_s")
    if for_s is not None and does[0] != "fault":
        raise ValueError("key for_s: only a fault goes away by itself")
    params = raw.get("with", {})
    if not isinstance(params, dict):
        raise ValueError("key with: a table such as { axis = 'lift' }")  # noqa: TRY004 - the file is wrong
    name = str(raw[does[0]])
    _check_deed(does[0], name, params, config)
    return Step(
        does=does[0],
        name=name,
        params=params,
        at_s=_seconds(raw, "at_s"),
        when=_when(raw, config),
        after_s=_seconds(raw, "after_s") or 0.0,
        for_s=for_s,
        times=_times(raw),
    )


def _seconds(raw: Mapping[str, Any], key: str) -> float | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"key {key}: seconds, 0 or more, not {value!r}")
    return float(value)


def _times(raw: Mapping[str, Any]) -> int:
    times = raw.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or times < 0:
        raise ValueError(f"key times: a whole number, 0 for always, not {times!r}")
    return times


def _when(raw: Mapping[str, Any], config: SimulatorConfig) -> Level | None:
    if "when" not in raw:
        return None
    try:
        return condition(str(raw["when"]), config)
    except ValueError as error:
        raise ValueError(f"key when: {error}") from error


def _check_deed(does: str, name: str, params: Mapping[str, Any], config: SimulatorConfig) -> None:
    try:
        if does == "act":
            deeds.check(name, params)
        elif does == "fault":
            faults.find(name).check(params, config)
        else:
            faults.find(name).check_keys(params)
    except ValueError as error:
        raise ValueError(f"key {does}: {error}") from error


def parse(text: str, config: SimulatorConfig, source: str = "scenario") -> list[Step]:
    """The steps of a scenario file. Raises ScenarioError with the line of what is wrong."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{source}: {error}") from error
    unknown = sorted(set(content) - {"step"})
    if unknown or not isinstance(content.get("step"), list):
        raise ScenarioError(f"{source}:{_line_of(text, unknown)}: a scenario is a list of [[step]]")
    steps = []
    for number, raw in enumerate(content["step"]):
        try:
            steps.append(check_step(raw, config))
        except ValueError as error:
            raise ScenarioError(f"{source}:{_line(text, number, str(error))}: {error}") from error
    return steps


def _line_of(text: str, names: list[str]) -> int:
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if names and names[0] in line), 1)


def _line(text: str, step: int, says: str) -> int:
    """The line of the key that an error names, or of the step's header."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines) if HEADER.match(line)]
    if step >= len(headers):
        return 1
    begin, end = headers[step], headers[step + 1] if step + 1 < len(headers) else len(lines)
    named = re.match(r"key (\w+):", says)
    if named is not None:
        key = re.compile(rf"\s*{named[1]}\s*=")
        return next((number + 1 for number in range(begin, end) if key.match(lines[number])), begin + 1)
    return begin + 1


def read(path: Path, config: SimulatorConfig) -> list[Step]:
    """The steps of a scenario file. Raises ScenarioError, OSError."""
    return parse(path.read_text(encoding="utf-8"), config, str(path))


ON_COMMAND_LINE = re.compile(
    r"(?P<name>\w+)(?::(?P<params>[^@]*))?@(?P<at>\d+(?:\.\d+)?)s(?:\+(?P<for>\d+(?:\.\d+)?)s)?"
)


def from_option(text: str, config: SimulatorConfig) -> Step:
    """A fault of the command line: `NAME[:param=value,…]@10s[+5s]`. Raises ScenarioError."""
    found = ON_COMMAND_LINE.fullmatch(text)
    if found is None:
        raise ScenarioError(f"--fault {text}: NAME[:param=value,…]@10s, and +5s where it ends by itself")
    pairs = [pair.partition("=") for pair in (found["params"] or "").split(",") if pair]
    raw: dict[str, Any] = {"at_s": float(found["at"]), "fault": found["name"]}
    raw["with"] = {key.strip(): value.strip() for key, _, value in pairs}
    if found["for"] is not None:
        raw["for_s"] = float(found["for"])
    try:
        return check_step(raw, config)
    except ValueError as error:
        raise ScenarioError(f"--fault {text}: {error}") from error


@dataclass(slots=True)
class _Watch:
    step: Step
    left: int
    level: int = 0


class Director:
    """Lets scenarios happen to a simulator, scan by scan."""

    def __init__(self) -> None:
        self._watches: list[_Watch] = []
        self._due: list[tuple[int, int, str, str, Mapping[str, Any]]] = []
        self._count = 0

    def add(self, steps: list[Step], now_ms: int) -> None:
        """More steps; their `at_s` counts from the simulator's beginning."""
        for step in steps:
            if step.at_s is not None:
                self._plan(step, max(now_ms, round(step.at_s * 1000)))
            else:
                self._watches.append(_Watch(step, step.times))

    @property
    def idle(self) -> bool:
        """Whether nothing is to come."""
        return not self._watches and not self._due

    def _plan(self, step: Step, at_ms: int) -> None:
        begin_ms = at_ms + round(step.after_s * 1000)
        self._at(begin_ms, step.does, step)
        if step.for_s is not None:
            self._at(begin_ms + round(step.for_s * 1000), "clear", step)

    def _at(self, at_ms: int, does: str, step: Step) -> None:
        self._count += 1
        self._due.append((at_ms, self._count, does, step.name, step.params))
        self._due.sort(key=lambda one: one[:2])

    def step(self, sim: Simulator) -> None:
        """What is due now. An act that cannot be done is written down as refused, and the scenario goes on."""
        for watch in tuple(self._watches):
            level = watch.step.when(sim) if watch.step.when is not None else 0
            if level > watch.level:
                self._plan(watch.step, sim.now_ms)
                watch.left -= 1
                if watch.left == 0:
                    self._watches.remove(watch)
            watch.level = level
        while self._due and self._due[0][0] <= sim.now_ms:
            _, _, does, name, params = self._due.pop(0)
            _do(sim, does, name, params)


def _do(sim: Simulator, does: str, name: str, params: Mapping[str, Any]) -> None:
    try:
        if does == "act":
            deeds.perform(sim, name, params)
        elif does == "fault":
            sim.inject(name, **params)
        else:
            sim.clear(name, **params)
    except ValueError as error:
        sim.note(f"refused {does} {name}: {error}")
