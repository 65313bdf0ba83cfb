"""A technician who mends nothing: the car comes out by hand, in Manual, with the sensor that fails left out (plc-if.md 5.11)."""

from __future__ import annotations

from tests.matrix.cell import ALONE_S, CAR, Cell, befall, go_on, helped_out, told
from tests.matrix.phases import Phase
from tests.matrix.technician import API, Technician, customer
from tests.matrix.tower import MatrixTower
from tests.matrix.variants import Variant
from tests.support.sync_tower import ask_packml
from towerd.fsm import manual_events as by
from towerd.fsm.commands import Answer
from towerd.fsm.reply import ReplyTo
from towerd.places import Place, parse_place

AUTO, MANUAL = 1, 2
ENDS_S, DRIVES_OFF_S = 90.0, 20.0
CABIN = parse_place("cabin:1")
WHO = "technician"
BITS = {"first": 1, "second": 2, "front": 4, "rear": 8, "locked": 16}
_LEAD = {"aborted": "clear", "stopped": "reset", "idle": "start", "held": "unhold"}
_WORDS = {"get": "fork get", "put": "fork put", "unlock": "lock open", "lock": "lock close"}
_BUSY, _CENTRED_MM = 3, 2.0


class Hands:
    """One technician at the tower with the key. `done` is what was done, in words of `towerctl`."""

    def __init__(self, tower: MatrixTower, variant: Variant) -> None:
        self._tower = tower
        self._variant = variant
        self.done: list[str] = []

    def bring_to_cabin(self) -> bool:
        """Key to Manual, and the car into the cabin; False where a command is refused or does not end well."""
        self._manual()
        self._look()
        where = self._tower.tower.truth()[CAR]
        if where.startswith("bay") and not self._from_bay(parse_place(where)):
            return False
        if self._tower.tower.truth()[CAR] == "carriage" and not self._into_cabin():
            return False
        return self._tower.tower.truth()[CAR] == "gone" or self._act("inner_door", CABIN, 0)

    def back_to_auto(self) -> None:
        """The job finished where the car stands, key to Auto, what has changed confirmed."""
        tower = self._tower
        for job in tuple(tower.state.tables.jobs.values()):
            if job.state not in ("done", "cancelled"):
                tower.take(by.JobFinished(job.id, CABIN, "moved by hand", WHO, ReplyTo("api", "finish")))
                self.done += ["job finish"] if tower.answers[-1].ok else []
        self._key(AUTO, held=False)
        tower.tick(1.0)
        tower.take(by.ChangesConfirmed(WHO, API))
        self.done.append("confirm-changes")

    def let_out(self) -> bool:
        """Nothing goes on in Auto while the fault stands: the outer door by hand, and the customer drives off."""
        self._manual()
        self._tower.watch.force(1, "outer", self._tower.now_s)
        self._act("outer_door", CABIN, 1)
        until_s = self._tower.now_s + DRIVES_OFF_S
        while self._tower.tower.truth()[CAR] != "gone" and self._tower.now_s < until_s:
            self._tower.tick(0.5)
        return self._tower.tower.truth()[CAR] == "gone"

    def _manual(self) -> None:
        tower = self._tower
        self._key(MANUAL, held=True)
        for _ in range(8):
            tower.simulator.press_reset()
            Technician(tower, mends=False).acknowledge()
            state = str(tower.view().packml)
            if state == "execute":
                break
            if state in _LEAD:
                ask_packml(tower, _LEAD[state], WHO)
            tower.tick(1.0)
        tower.tick(1.0)
        if tower.simulator.plant.fork.position > _CENTRED_MM:
            self._act("home", None, 2)
        for index in sorted(tower.simulator.plc.unlocked):
            floor, position = tower.simulator.plant.layout.bay_at(index)
            self._act("lock", parse_place(f"bay:{floor}-{position}"))

    def _key(self, position: int, *, held: bool) -> None:
        self._tower.simulator.set_key(position)
        self._tower.simulator.enabling(held)
        self._tower.tick(1.0)
        self.done.append("key to Manual" if position == MANUAL else "key to Auto")

    def _look(self) -> None:
        """Look into every place that is in doubt, and say what stands there whatever the sensors say."""
        tables = self._tower.state.tables
        truth = {parse_place(place): car for car, place in self._tower.tower.truth().items() if place != "gone"}
        doubted = {record.place for record in tables.bays.values() if record.unknown}
        moved = {place for place, car in truth.items() if tables.vehicles[car].place != place}
        for place in sorted(doubted | moved, key=str):
            self._tower.take(by.PlaceSet(place, truth.get(place), "looked", WHO, API, override=True))
            self.done.append("bay set --override")

    def _from_bay(self, bay: Place) -> bool:
        """What the lock's own sensor says of a lock that has been let go or closed does not stop whoever leaves it out."""
        blind = self._variant.params.get("sensor") == "locked"
        return (
            self._act("goto", bay)
            and (self._act("unlock", bay) or blind)
            and self._act("get", bay)
            and (self._act("lock", bay) or blind)
        )

    def _into_cabin(self) -> bool:
        customer(self._tower)
        return self._act("goto", CABIN) and self._act("inner_door", CABIN, 1) and self._act("put", CABIN)

    def _act(self, verb: by.HandVerb, place: Place | None, value: int = 0) -> bool:
        """One command, waited for; what still runs in its unit is waited for first."""
        bits = self._left_out(verb, place)
        answer = self._ask(verb, place, value, bits)
        until_s = self._tower.now_s + ENDS_S
        while answer is not None and answer.result.get("reject_code") == _BUSY and self._tower.now_s < until_s:
            self._tower.tick(1.0)
            answer = self._ask(verb, place, value, bits)
        self.done.append(_WORDS.get(verb, verb.replace("_", " ")) + (" --leave-out" if bits else ""))
        return answer is not None and answer.ok

    def _ask(self, verb: by.HandVerb, place: Place | None, value: int, bits: int) -> Answer | None:
        tower = self._tower
        reply = ReplyTo("api", f"hand {len(tower.history)} {tower.now_s}")
        tower.take(by.ManualRequested(by.HandAction(verb, place, value, bits), WHO, reply))
        until_s = tower.now_s + ENDS_S
        while tower.now_s < until_s:
            for one in tower.answers:
                if one.reply == reply:
                    return one
            customer(tower)
            tower.tick(0.5)
        return None

    def _left_out(self, verb: by.HandVerb, place: Place | None) -> int:
        """The bit of the sensor that fails, where this command asks it."""
        params = self._variant.params
        sensor = str(params.get("sensor", ""))
        if verb not in ("goto", "get", "put") or sensor not in BITS:
            return 0
        its_place = "cabin:1" if "cabin" in params else f"bay:{params['bay']}" if "bay" in params else "carriage"
        asked = {
            "first": verb != "goto" and str(place) == its_place,
            "locked": verb != "put" or str(place) == its_place,
        }
        asked["second"] = asked["first"]
        return BITS[sensor] if asked.get(sensor, True) else 0


def run_by_hand(variant: Variant, phase: Phase) -> Cell:
    """Let the fault happen and stand; whoever comes brings the car out by hand. Where a command by hand is refused as well,
    the cause is mended.
    """
    tower = befall(variant, phase)
    begun_s, hands = tower.now_s, Hands(tower, variant)
    if go_on(tower, ALONE_S):
        return told(tower, variant, phase, "alone", (), begun_s)
    outcome = ""
    if hands.bring_to_cabin():
        hands.back_to_auto()
        if tower.tower.truth()[CAR] != "gone" and helped_out(tower, Technician(tower, mends=False)):
            outcome = "by hand"
        elif hands.let_out():
            outcome = "door by hand"
    hands.back_to_auto()
    acts = list(hands.done)
    if outcome != "by hand":
        # the fault is mended later, for the tower's next customer; where nothing could be done by hand, for this one
        technician = Technician(tower)
        ended = helped_out(tower, technician)
        outcome = ended and (outcome or "mended")
        acts += technician.done
    return told(tower, variant, phase, outcome, acts, begun_s)
