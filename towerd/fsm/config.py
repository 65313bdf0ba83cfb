"""What the core needs to know of the settings. A value, made by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field

from towerd.bays.sizes import SizeTable
from towerd.cabin.intake import IntakeRules
from towerd.faceid.policy import MatchPolicy
from towerd.fsm.alarm_rules import AlarmRules
from towerd.lift.kinematics import Kinematics
from towerd.orders.rules import OrderRules
from towerd.upkeep.model import UpkeepRules


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """How much is kept: `outbox_most` messages for the broker, rows of the audit log for `audit_kept_days`. `broker`: there is one."""

    broker: bool = True
    outbox_most: int = 200_000
    audit_kept_days: float = 3653.0


@dataclass(frozen=True, slots=True)
class PhotoRules:
    """`cabins` that have a camera; a shot is waited for `wait_s`; photos are kept for `kept_s` after they have served."""

    cabins: frozenset[int] = frozenset()
    wait_s: float = 9.0
    kept_s: float = 86400.0


@dataclass(frozen=True, slots=True)
class CoreConfig:
    """Settings of the core.

    `liveness`: the checks a face must have passed ("challenge", "passive"); empty: none is demanded, and everything says
    `not_checked`. `face_alone`: kinds of order for which a face is enough. `decision_age_s`: how long a decision about a
    person holds at the gate (invariant 7). `fetch_age_s`: for how long a technician counts as being there for a
    car that is to be fetched. `early_s`: how long before its slot an order may be collected.
    `unseen_s`: how long a written command may stay unseen before it is fenced. `jog_served`: the line is fast enough to jog
    (plc-if.md 1.8). `retry_s`: pause after a refusal. `bay_sizes`: what bays take, by the PLC's size class.
    """

    tower: str
    version: str
    policy: MatchPolicy
    engine: str = "opencv"
    auto_start: bool = False
    resume_after_link_loss: bool = False
    liveness: tuple[str, ...] = ("challenge",)
    face_alone: tuple[str, ...] = ("test_drive",)
    bay_sizes: SizeTable = ()
    kinematics: Kinematics = field(default_factory=Kinematics)
    rules: OrderRules = field(default_factory=OrderRules)
    upkeep: UpkeepRules = field(default_factory=UpkeepRules)
    alarms: AlarmRules = field(default_factory=AlarmRules)
    intake: IntakeRules = field(default_factory=IntakeRules)
    photos: PhotoRules = field(default_factory=PhotoRules)
    keeping: KeepingRules = field(default_factory=KeepingRules)
    number_step: int = 3947
    decision_age_s: float = 300.0
    fetch_age_s: float = 900.0
    early_s: float = 900.0
    unseen_s: float = 1.0
    jog_served: bool = True
    retry_s: float = 1.0
    refusals_before_fault: int = 5
    face_key_kept_s: float = 86400.0
