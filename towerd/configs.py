"""What the parts of the daemon need of the settings, each as a value of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from towerd import __version__
from towerd.faceid.config import FaceConfig
from towerd.faceid.policy import MatchPolicy
from towerd.faceid.thresholds import default_policy
from towerd.fsm.config import CoreConfig, KeepingRules
from towerd.mqtt.config import MqttConfig, TlsConfig
from towerd.photos.config import PhotoConfig
from towerd.plc.config import LinkConfig
from towerd.settings import Settings
from towerd.settings_paging import alarm_rules

JOG_BAUD: Final = 57600
"""Below this a serial line is too slow to jog (plc-if.md 1.8)."""


def core_config(settings: Settings, step: int) -> CoreConfig:
    """What the core needs of the settings. `step` leads from one order's number to the next."""
    face = settings.face
    measured = default_policy(face.engine)
    wished = {name: getattr(face, name) for name in ("accept", "accept_one", "margin", "frames", "agreement_ratio")}
    policy: MatchPolicy = replace(measured, **{name: value for name, value in wished.items() if value is not None})
    return CoreConfig(
        tower=settings.tower.id,
        version=__version__,
        policy=policy,
        engine=face.engine,
        auto_start=settings.machine.auto_start,
        resume_after_link_loss=settings.machine.resume_after_link_loss,
        liveness=tuple(face.liveness),
        face_alone=tuple(face.face_alone),
        bay_sizes=tuple(row.value() for row in settings.machine.bay_sizes),
        kinematics=settings.machine.kinematics.value(),
        rules=settings.orders.value(),
        intake=settings.intake.value(),
        photos=settings.photos.value(),
        keeping=KeepingRules(
            settings.mqtt.host is not None, settings.journal.outbox_most, settings.journal.audit_kept_days
        ),
        upkeep=settings.upkeep.value(),
        alarms=alarm_rules(settings.alarms, settings.paging),
        number_step=step,
        jog_served=settings.plc.serial_port is None or settings.plc.baud >= JOG_BAUD,
    )


def photo_config(settings: Settings) -> PhotoConfig:
    """What the cabin cameras need of the settings."""
    photos = settings.photos
    return PhotoConfig(settings.tower.id, settings.keys.photos_dir, photos.sources(), photos.limit_s)


def link_config(settings: Settings) -> LinkConfig:
    """How the PLC is reached."""
    plc = settings.plc
    return LinkConfig(
        host=plc.host,
        port=plc.port,
        serial_port=plc.serial_port,
        baud=plc.baud,
        device_id=plc.device_id,
        poll_ms=plc.poll_ms,
        timeout_ms=plc.reply_limit_ms,
        max_registers=plc.max_registers,
    )


def face_config(settings: Settings) -> FaceConfig:
    """What the face worker is started with."""
    return FaceConfig(
        tower=settings.tower.id,
        keys_dir=settings.keys.faces_dir,
        camera_source=settings.face.camera,
        withheld=_withheld(settings),
        engine=settings.face.engine,
        liveness=tuple(settings.face.liveness),
        liveness_models=settings.face.liveness_models,
        challenge_turns=settings.face.challenge_turns,
    )


def mqtt_config(settings: Settings) -> MqttConfig | None:
    """How the broker is reached; None where the tower works without one."""
    mqtt = settings.mqtt
    if mqtt.host is None:
        return None
    tls = TlsConfig(mqtt.tls.ca_file, mqtt.tls.cert_file, mqtt.tls.key_file) if mqtt.tls else None
    return MqttConfig(mqtt.host, settings.tower.id, mqtt.port, mqtt.root, mqtt.keep_alive_s, tls)


def _withheld(settings: Settings) -> str | None:
    """Why faces cannot count, whatever the camera sees: then none is stored either, and the code serves (6.1)."""
    if "passive" in settings.face.liveness and settings.face.liveness_models is None:
        return "liveness_not_served: passive: face.liveness_models is not set"
    return None
