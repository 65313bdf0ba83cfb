"""The settings of alarms and paging: values, defaults, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from towerd.fsm.alarm_rules import AlarmRules, PageStep
from towerd.settings_paging import AlarmSettings, PagingSettings, StepSettings, alarm_rules


def test_the_defaults_are_the_cores_own() -> None:
    assert alarm_rules(AlarmSettings(), PagingSettings()) == AlarmRules()


def test_steps_reach_the_core_without_whom_they_reach() -> None:
    paging = PagingSettings(
        retry_s=5,
        attempts=2,
        steps=(
            StepSettings(command=("/usr/local/bin/page", "--now")),
            StepSettings.model_validate(
                {"after_s": 600, "priority_at_least": "critical", "webhook": "https://pager.example/x"}
            ),
        ),
    )
    rules = alarm_rules(AlarmSettings(reannounce_s=60), paging)
    assert rules.steps == (PageStep(0.0, "high"), PageStep(600.0, "critical"))
    assert (rules.page_retry_s, rules.page_attempts, rules.reannounce_s) == (5.0, 2, 60.0)


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"command": ["page"], "webhook": "https://pager.example"},
        {"webhook": "http://pager.example/in-the-clear"},
        {"webhook": "ftp://pager.example"},
        {"webhook": "https://"},
        {"command": ["page"], "after_s": -1},
        {"command": ["page"], "priority_at_least": "urgent"},
        {"command": ["page"], "shell": True},
    ],
)
def test_a_step_that_makes_no_sense_is_refused(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StepSettings.model_validate(step)


@pytest.mark.parametrize("url", ["https://pager.example/x", "http://localhost:8080/x", "http://[::1]/x"])
def test_webhooks_that_are_taken(url: str) -> None:
    step = StepSettings.model_validate({"webhook": url})
    assert step.webhook is not None
    assert step.webhook.get_secret_value() == url
    assert url not in step.model_dump_json(), "the URL may be a secret"
