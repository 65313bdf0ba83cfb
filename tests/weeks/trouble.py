"""What befalls a tower in a week: power, broker, clock, and the machine itself in the middle of a move."""

from __future__ import annotations

from collections.abc import Callable

from tests.weeks.city import City
from tests.weeks.machine import Blow
from tests.weeks.shop import Waiting
from tests.weeks.tower import Cut
from towerd.fsm import events as ev

HOUR_S = 3600.0
_AXES = ("lift", "turntable", "fork")
_ALARMS: tuple[tuple[str, dict[str, str]], ...] = (
    *(("jam_axis", {"axis": axis}) for axis in _AXES),
    *(("drive_fault", {"axis": axis}) for axis in _AXES),
    *((name, {}) for name in ("brake_fault", "slack_rope", "overspeed", "plc_internal")),
)
BLOWS = ("alarm", "estop", "plc_restart", "link")
_ALL = ("cut", "cut", "restart", "broker", "answers", "acks", "clock", "again", *("blow",) * 6)


def fate(city: City) -> Waiting:
    """One thing after the other, each as often as it is dealt."""
    doing: dict[str, Callable[[City], Waiting]] = {
        "cut": _cut,
        "restart": _restart,
        "broker": _broker,
        "answers": lambda city: _lost(city, "drops_answers"),
        "acks": lambda city: _lost(city, "keeps_acks"),
        "clock": _unsure,
        "again": said_again,
        "blow": _blow,
    }
    while True:
        yield city.rng.uniform(0.5 * HOUR_S, 4 * HOUR_S)
        yield from doing[city.deal("fate", _ALL)](city)


def _cut(city: City) -> Waiting:
    """The power goes, at a commit or just before it."""
    rng = city.rng
    city.tower.cut = Cut(rng.randrange(1, 60), rng.random() < 0.5, rng.choice([5.0, 60.0, 2 * HOUR_S]))
    yield 0.0


def _restart(city: City) -> Waiting:
    """Somebody starts the service anew."""
    if city.tower.life is not None:
        city.tower.end(city.rng.choice([5.0, 600.0]))
        city.did["restart"] += 1
    yield 0.0


def _broker(city: City) -> Waiting:
    city.tower.set_broker(up=False)
    yield city.rng.choice([20.0, 600.0, 8 * HOUR_S])
    city.tower.set_broker(up=True)


def _lost(city: City, what: str) -> Waiting:
    """Answers do not come through, or acknowledgements do not come back."""
    broker = city.tower.broker
    setattr(broker, what, True)
    yield city.rng.choice([60.0, 1800.0])
    setattr(broker, what, False)
    city.tower.set_broker(up=False)
    city.tower.set_broker(up=True)


def _unsure(city: City) -> Waiting:
    """Nobody trusts the clock for a while."""
    city.tower.clock_sure = False
    city.tower.take(ev.ClockJudged(False))
    yield city.rng.uniform(60.0, 1800.0)
    city.tower.clock_sure = True
    city.tower.take(ev.ClockJudged(True))


def _blow(city: City) -> Waiting:
    """The machine fails in the middle of a move. A link comes back by itself; for the rest somebody has to come."""
    what = city.deal("blow", BLOWS)
    name, params = city.deal("alarm", _ALARMS)
    unreferenced, gone_s = city.rng.random() < 0.5, city.rng.choice([0.6, 5.0, 60.0])

    def befall() -> None:
        sim = city.tower.simulator
        city.did[what] += 1
        if what == "alarm":
            sim.inject(name, **params)
        elif what == "estop":
            sim.inject("estop")
        elif what == "plc_restart":
            sim.inject("restart_plc", unreferenced=unreferenced)
        else:
            city.tower.pull(gone_s)

    city.tower.blow = Blow(city.rng.uniform(0.2, 20.0), befall)
    yield 0.0


def said_again(city: City) -> Waiting:
    """A token that was answered before: the same answer; and with other content under its id: `replayed`."""
    jti = city.rng.choice(sorted(city.shop.answers))
    raw = city.shop.sent[jti]
    known = city.shop.answers[jti][-1]
    if city.tower.now().timestamp() > raw["exp"] or city.shop.was_erased(raw["sub"]):
        return
    again = yield from city.shop.repeat(city.tower, jti)
    if again is not None and not {"busy", "expired", "clock_unsure"} & {*again["reasons"], *known["reasons"]}:
        assert (again["ok"], again["reasons"], again["result"]) == (known["ok"], known["reasons"], known["result"])
