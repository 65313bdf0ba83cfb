"""The sections of the settings about alarms: how long they may be silenced, when they come back, and who is paged."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from towerd.faults import Priority
from towerd.fsm.alarm_rules import AlarmRules, PageStep
from towerd.settings_parts import Positive, Section

_HERE = ("localhost", "127.0.0.1", "::1")


def _web(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    local = parts.scheme == "http" and parts.hostname in _HERE
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError("https://…; http:// to this machine only")
    return url


class AlarmSettings(Section):
    """`[alarms]`: how long alarms may be silenced, when they come back, what is a flood (ISA-18.2)."""

    shelve_max_s: Positive = 8 * 3600.0
    """How long an alarm may be shelved at most."""
    reannounce_s: Annotated[float, Field(ge=60)] = 1800.0
    """After how long an alarm that nobody has acknowledged is announced anew, and paged one step further."""
    flood_count: Annotated[int, Field(ge=2, le=100)] = 10
    """More alarms than this within `flood_window_s` are a flood; it ends at half as many."""
    flood_window_s: Positive = 600.0
    """The time over which alarms are counted."""
    flood_pages_from: Priority = "high"
    """Least priority that is paged during a flood. The list always shows all."""


class StepSettings(Section):
    """`[[paging.steps]]`: one step; while nobody acknowledges, the next follows."""

    after_s: Annotated[float, Field(ge=0)] = 0.0
    """How long after the alarm was raised."""
    priority_at_least: Priority = "high"
    """Least priority that this step is for."""
    command: Annotated[tuple[str, ...], Field(max_length=32)] = ()
    """A command and its arguments, run without a shell: the alarm is JSON on its standard input, 0 means reached."""
    webhook: Annotated[SecretStr, AfterValidator(_web)] | None = None
    """Where the same JSON is posted to: https, or http on this machine. 2xx means reached; no redirect is followed. It is shown nowhere: the URL may be a secret."""

    @model_validator(mode="after")
    def _one_way(self) -> StepSettings:
        if bool(self.command) == (self.webhook is not None):
            raise ValueError("give either command or webhook")
        return self


class PagingSettings(Section):
    """`[paging]`: who is told of an alarm that nobody acknowledges. Without steps nobody is."""

    limit_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    """How long one attempt may take."""
    retry_s: Positive = 10.0
    """The pause after the first failed attempt; it doubles with each, up to ten minutes."""
    attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """Failed attempts in a row after which alarm 5003 tells of it; they go on."""
    steps: tuple[StepSettings, ...] = ()
    """In the order in which they follow each other."""


def alarm_rules(alarms: AlarmSettings, paging: PagingSettings) -> AlarmRules:
    """As the core takes it."""
    steps = tuple(PageStep(step.after_s, step.priority_at_least) for step in paging.steps)
    return AlarmRules(**alarms.model_dump(), steps=steps, page_retry_s=paging.retry_s, page_attempts=paging.attempts)
