"""The composition root: the only place that names concrete adapters and puts them together."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from towerd import __version__, logs
from towerd.answer_keys import AnswerKeys
from towerd.api.core import Extras
from towerd.api.server import ApiServer
from towerd.clock import ClockJudge, SystemClock, is_synchronised
from towerd.configs import core_config, face_config, link_config, mqtt_config, photo_config
from towerd.customers import KeyedCustomers, OldCustomers
from towerd.engine import Engine, Ports, Queue
from towerd.errors import ConfigError, JournalError
from towerd.faceid.client import FaceClient
from towerd.fsm.events import ClockJudged, SettingsReloaded, Started, StopRequested
from towerd.fsm.state import Tables
from towerd.host_checks import host_checks
from towerd.journal.sqlite import SqliteJournal, load_whole
from towerd.mqtt.absent import AbsentBus
from towerd.mqtt.bus import BusParts, MqttBus, will
from towerd.mqtt.client import PahoWire
from towerd.mqtt.intake import IntakeParts
from towerd.mqtt.topics import Topics
from towerd.orders.keys import (
    IssuerKeys,
    TowerKey,
    code_mac,
    load_issuers,
    load_secret,
    load_tower_key,
    number_step,
    read_tower_key,
)
from towerd.orders.photos import photo_key
from towerd.paging import make_pager
from towerd.photos.client import CabinCameras
from towerd.planner.inline import InlinePlanner
from towerd.plc.link import make_transport
from towerd.plc.seen import SeenTransport
from towerd.plc.session import PlcSession
from towerd.ports import Bus
from towerd.privacy_desk import PrivacyDesk
from towerd.secrecy import forbid_core_dumps
from towerd.settings import Settings, needing_restart
from towerd.settings_file import SettingsError
from towerd.watchdog import SystemdWatchdog

log = structlog.get_logger(__name__)

CONFIG_CODE: Final = 78
JOURNAL_CODE: Final = 74
BUG_CODE: Final = 70
_CLOCK_EVERY_S: Final = 10.0


@dataclass(slots=True)
class _Secrets:
    key: TowerKey
    secret: bytes
    issuers: IssuerKeys


def _load_secrets(settings: Settings) -> _Secrets:
    keys = settings.keys
    issuers: IssuerKeys = {}
    if keys.issuers_file.exists():
        issuers = load_issuers(keys.issuers_file)
    else:
        # a tower works alone: without a key set it takes no orders, and everything else goes on
        log.warning("no issuers' key set: every order is refused until there is one", file=str(keys.issuers_file))
    return _Secrets(load_tower_key(keys.tower_key_file), load_secret(keys.code_secret_file), issuers)


def _old_customers(settings: Settings, secrets: _Secrets) -> OldCustomers:
    """For a journal of an older version, before anything else is made of it."""
    keys = settings.keys
    return OldCustomers(keys.customers_dir, secrets.secret, AnswerKeys(keys.answers_dir, time.time))


class Daemon:
    """All parts of the running daemon."""

    def __init__(self, settings: Settings, journal: SqliteJournal, tables: Tables, secrets: _Secrets) -> None:
        """Make the parts; nothing is connected before `run`. Raises ConfigError where a certificate cannot be read."""
        self._settings = settings
        self._secrets = secrets
        self._queue = Queue()
        self._clock = SystemClock(journal.last_at())
        self._judge = ClockJudge(self._clock, is_synchronised, trusted=settings.orders.trust_clock)
        self._sure = False
        self._tables = tables
        self.watchdog = SystemdWatchdog()
        self._matcher = FaceClient(self._queue, face_config(settings))
        self._cameras = CabinCameras(self._queue, photo_config(settings))
        self._customers = KeyedCustomers(settings.keys.customers_dir, secrets.secret, self._is_kept)
        seen = SeenTransport(make_transport(link_config(settings)))
        self._plc = PlcSession(self._queue, seen, link_config(settings), self._clock)
        self._bus = self._make_bus(journal)
        self._api = self._make_api(journal, seen)
        self._pager = make_pager(self._queue, settings.paging)
        ports = Ports(
            plc=self._plc,
            journal=journal,
            bus=self._bus,
            matcher=self._matcher,
            planner=InlinePlanner(self._queue),
            clock=self._clock,
            watchdog=self.watchdog,
            answer_api=self._api.answer,
            page=self._pager.page,
            committed=self._clock.committed,
            take_photos=self._cameras.take,
            destroy_photo_key=self._cameras.destroy_key,
            destroy_customer_key=self._customers.destroy_key,
            recall_customer=lambda command: self._queue.post(self._customers.recalled(command)),
        )
        self.engine = Engine(core_config(settings, number_step(secrets.secret)), self._queue, ports, tables)

    def _make_api(self, journal: SqliteJournal, seen: SeenTransport) -> ApiServer:
        settings = self._settings
        desk = PrivacyDesk(
            lambda: self.engine.state.tables,
            journal,
            self._customers,
            self._clock.now,
            settings.journal.audit_kept_days,
        )
        return ApiServer(
            settings.api,
            self._queue,
            lambda: self.engine.view(),
            lambda code: code_mac(self._secrets.secret, code),
            journal.audit,
            Extras(
                host_checks=host_checks(settings),
                settings_shown=lambda: settings.model_dump(mode="json"),
                audit_seq_of=lambda: self.engine.state.tables.meta.audit_seq,
                preview=self._matcher.preview,
                registers=seen.rows,
                photos=lambda loan, when: self._cameras.pictures(loan, journal.face(photo_key(loan, when))),
                privacy_report=desk.report,
                privacy_export=desk.export,
                privacy_audit=desk.audit,
                find=self._customers.find,
                know=self._customers.know,
            ),
        )

    def _make_bus(self, journal: SqliteJournal) -> Bus:
        config = mqtt_config(self._settings)
        if config is None:
            return AbsentBus()
        names = Topics(config.root, config.tower)
        intake = IntakeParts(
            topics=names,
            key=lambda: self._secrets.key,
            secret=self._secrets.secret,
            issuers=lambda: self._secrets.issuers,
            now=lambda: self._clock.now() if self._judge_clock() else None,
            known=self._known,
            inbox=self._queue,
            matcher=self._matcher,
            customers=self._customers,
            digest=AnswerKeys(self._settings.keys.answers_dir, lambda: self._clock.now().timestamp()).digest,
            rates=self._settings.orders.rates.value(),
        )
        return MqttBus(BusParts(PahoWire(config, will(names)), self._clock, journal.outbox, intake))

    def _is_kept(self, customer: str) -> bool:
        return customer in self.engine.state.tables.customers

    def _known(self, token_id: str) -> bool:
        tables = self.engine.state.tables
        return token_id in tables.orders or token_id in tables.loans or f"jti:{token_id}" in tables.answers

    def _judge_clock(self) -> bool:
        """Whether the clock may be believed now; the core is told where that has changed."""
        sure = self._judge.sure(self.engine.state.volatile.clock_confirmed_mono_s)
        if sure != self._sure:
            self._sure = sure
            self._queue.post(ClockJudged(sure))
        return sure

    async def _watch_clock(self) -> None:
        while True:
            self._judge_clock()
            await asyncio.sleep(_CLOCK_EVERY_S)

    def reload(self, read: Callable[[], Settings]) -> None:
        """SIGHUP: read key set, own key and the reloadable settings again; where one does not load, nothing changes."""
        self.watchdog.reloading()
        try:
            fresh = read()
            issuers, key = load_issuers(fresh.keys.issuers_file), read_tower_key(fresh.keys.tower_key_file)
        except (SettingsError, ConfigError, OSError) as error:
            log.error("the reload failed: everything stays as it was", error=str(error))
        else:
            self._api.reload(fresh.api)
            logs.set_level(fresh.log.level)
            self._secrets.issuers, self._secrets.key = issuers, key
            late = needing_restart(self._settings, fresh)
            if late:
                log.warning("these settings have changed and apply with a restart only", keys=late)
            self._queue.post(SettingsReloaded(tuple(sorted(issuers)), key.kid, late))
        self.watchdog.ready()

    def request_stop(self) -> None:
        """SIGTERM or SIGINT."""
        self.watchdog.stopping()
        self._queue.post(StopRequested(self._settings.machine.stop_grace_s))

    async def run(self) -> int:
        """Serve until the engine ends; an adapter that fails is a bug and ends the process. Gives the exit code.

        Raises ConfigError where the API's socket cannot be made.
        """
        self._api.open()
        self._queue.post(Started(self._tables.meta.boot + 1, __version__))
        await self._matcher.sweep_keys(set(self._tables.faces))
        await self._cameras.sweep_keys({kept.loan for kept in self._tables.photos.values()})
        await self._customers.sweep(set(self._tables.customers))
        serving: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "plc": self._plc.run,
            "bus": self._bus.run,
            "faces": self._matcher.run,
            "api": self._api.run,
            "pager": self._pager.run,
            "clock": self._watch_clock,
        }
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(run(), name=name) for name, run in serving.items()]
        engine = asyncio.create_task(self.engine.run(), name="engine")
        listening = asyncio.create_task(self._say_ready(), name="ready")
        done, _pending = await asyncio.wait([engine, *tasks], return_when=asyncio.FIRST_COMPLETED)
        code = await engine if engine in done else await self._adapter_failed(engine, done)
        for task in (*tasks, listening):
            task.cancel()
        await asyncio.gather(*tasks, listening, return_exceptions=True)
        await self._cameras.finish()
        await self._customers.finish()
        return code

    async def _say_ready(self) -> None:
        await self._api.listening.wait()
        self.watchdog.ready()
        log.info("ready", tower=self._settings.tower.id, version=__version__, pid=os.getpid())

    async def _adapter_failed(self, engine: asyncio.Task[int], done: set[asyncio.Task[Any]]) -> int:
        for task in done:
            ended = task.exception()
            log.error(
                "an adapter has ended: the machine is held, the process ends",
                name=task.get_name(),
                error=repr(ended),
                exc_info=ended,
            )
        engine.cancel()
        with suppress(asyncio.CancelledError):
            await engine
        await self.engine.hold()
        return BUG_CODE


def _make_daemon(settings: Settings, journal: SqliteJournal, secrets: _Secrets) -> Daemon:
    tables = load_whole(journal)
    try:
        return Daemon(settings, journal, tables, secrets)
    except (ValueError, OSError) as error:
        # a library finds in a value what no check of ours looks for
        raise ConfigError(f"{type(error).__name__}: {error}") from error


async def _serve(daemon: Daemon, read: Callable[[], Settings]) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.request_stop)
    loop.add_signal_handler(signal.SIGHUP, daemon.reload, read)
    try:
        return await daemon.run()
    finally:
        daemon.watchdog.close()


def run(settings: Settings, read: Callable[[], Settings] | None = None) -> int:
    """Run the daemon with these settings until it is told to end; `read` gives them anew on SIGHUP.

    Gives the exit code: 0 asked to end, 70 a bug, 74 the journal, 78 the settings.
    """
    logs.set_up(settings.log.level, settings.log.format)
    forbid_core_dumps()  # selfies and codes pass through this memory
    try:
        secrets = _load_secrets(settings)
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        # the service manager makes it; by hand, towerd does
        settings.api.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        journal = SqliteJournal(settings.journal_path, names=lambda: _old_customers(settings, secrets))
    except (ConfigError, OSError) as error:
        log.error("the settings cannot be used", error=str(error))
        return CONFIG_CODE
    except JournalError as error:
        log.error("the journal cannot be used", error=str(error))
        return JOURNAL_CODE
    try:
        daemon = _make_daemon(settings, journal, secrets)
        return asyncio.run(_serve(daemon, read or (lambda: settings)))
    except ConfigError as error:
        log.error("the settings cannot be used", error=str(error))
        return CONFIG_CODE
    except JournalError as error:
        log.error("the journal cannot be used", error=str(error))
        return JOURNAL_CODE
    finally:
        journal.close()
