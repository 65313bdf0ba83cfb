"""The devices as people see them."""

from __future__ import annotations

from datetime import timedelta

from tests.support.core_kit import config, machine, state_of, tables_of
from tests.support.values import AT
from towerd.fsm.upkeep_show import device_views
from towerd.upkeep.model import ServiceRule, UpkeepRules, Wear

RULES = UpkeepRules(intervals={"fork": ServiceRule(cycles=10)})


def test_devices_are_shown_by_name_with_what_their_rule_says() -> None:
    wear = {
        "lift": Wear("lift", "lift", AT, cycles=99),
        "fork": Wear(
            "fork", "fork", AT, cycles=12, serviced_cycles=2, samples=1, reference_ratio=1.2, recent_ratio=1.3
        ),
    }
    fork, lift = device_views(state_of(machine(), tables_of(wear=wear)), config(upkeep=RULES), AT + timedelta(days=1))
    assert (fork.device, fork.cycles_since_service, fork.cycles_between_services, fork.due) == ("fork", 10, 10, "now")
    assert (fork.reference_ratio, fork.recent_ratio) == (1.2, 1.3)
    assert (lift.device, lift.cycles_between_services, lift.due, lift.reference_ratio) == ("lift", None, "no", None)
