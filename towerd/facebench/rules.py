"""The thresholds of an engine that a bench uses, finds and keeps: what `--json` writes and `--thresholds` reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from towerd.faceid.config import EngineName
from towerd.faceid.policy import MatchPolicy
from towerd.faceid.thresholds import alike, default_policy


@dataclass(frozen=True, slots=True)
class Rules:
    """`policy` and `alike` as the program would use them; `far` and `fpir`: the threshold of each rate."""

    policy: MatchPolicy
    alike: float
    far: dict[float, float] = field(default_factory=dict)
    fpir: dict[float, float] = field(default_factory=dict)

    @classmethod
    def of_engine(cls, engine: EngineName) -> Rules:
        """The thresholds that the program begins with."""
        return cls(default_policy(engine), alike(engine))

    def with_far(self, found: Mapping[float, float]) -> Rules:
        """With thresholds that were found."""
        return replace(self, far=dict(found))

    def with_fpir(self, found: Mapping[float, float]) -> Rules:
        """With thresholds that were found."""
        return replace(self, fpir=dict(found))

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        rates = {name: {f"{rate:g}": value for rate, value in table.items()} for name, table in self._tables()}
        return {"policy": asdict(self.policy), "alike": self.alike} | rates

    def _tables(self) -> list[tuple[str, dict[float, float]]]:
        return [("far", self.far), ("fpir", self.fpir)]


def read_rules(data: Any) -> dict[str, Rules]:
    """From a bench's JSON, or from its part `thresholds` alone: engine -> rules. Raises ValueError."""
    try:
        table = data.get("thresholds", data)
        return {engine: _rules(one) for engine, one in table.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("these are no thresholds of a bench") from error


def _rules(one: Mapping[str, Any]) -> Rules:
    rates = ({float(rate): float(value) for rate, value in one.get(name, {}).items()} for name in ("far", "fpir"))
    far, fpir = rates
    return Rules(MatchPolicy(**one["policy"]), float(one["alike"]), far, fpir)
