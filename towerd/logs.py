"""What the process tells: JSON lines on standard error (journald keeps them), or text on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET: Final = frozenset({"code", "selfie", "token", "template", "key", "secret", "password", "jwe", "jws"})
"""Names whose values are never written (orders-if.md 7.1)."""

_TALKATIVE: Final = {"transitions": logging.WARNING, "pymodbus.logging": logging.ERROR, "uvicorn": logging.WARNING}
"""Libraries that tell at info, or at each attempt, what towerd tells itself; the least severity that is kept of
theirs, but for `debug`, which shows all."""

Format = Literal["auto", "json", "console"]


def without_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what must not be told, and bytes of any name."""
    for name, value in event.items():
        # secrets are text or bytes; a number of that name is an exit code or a reject code
        if (name in SECRET and isinstance(value, str)) or isinstance(value, (bytes, bytearray, memoryview)):
            event[name] = "(not told)"
    return event


def _renderer(kind: Format, stream: TextIO) -> list[Processor]:
    if kind == "console" or (kind == "auto" and stream.isatty()):
        # values of variables may name people
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]


def set_up(level: str, kind: Format, stream: TextIO | None = None) -> None:
    """Send everything that is logged, by this program or its libraries, to `stream` (standard error).

    `level` is one of debug, info, warning, error.
    """
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler: logging.Handler = logging.StreamHandler(target)
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(kind, target)]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    _quieten(level)


def set_level(level: str) -> None:
    """Another least severity from now on."""
    logging.getLogger().setLevel(level.upper())
    _quieten(level)


def _quieten(level: str) -> None:
    for name, least in _TALKATIVE.items():
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else least)
