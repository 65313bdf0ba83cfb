"""The view as Prometheus metrics, beside those that the process counts itself."""

from __future__ import annotations

from collections import Counter
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Gauge, generate_latest

from towerd.view import JobView, View

_LABELLED: Final = {
    "towerd_orders": ("Orders by kind and state", ("kind", "state")),
    "towerd_loans": ("Loans by state", ("state",)),
    "towerd_alarms": ("Alarms by priority and state", ("priority", "state")),
}


def _plain(view: View) -> dict[str, tuple[str, float]]:
    return {
        "towerd_simulated": ("1 where the PLC says it is a simulator", view.simulated),
        "towerd_boot": ("Starts so far", view.boot),
        "towerd_plc_good": ("1 while the PLC link gives good values", view.plc_good),
        "towerd_broker_connected": ("1 while the broker is connected", view.bus_connected),
        "towerd_face_available": ("1 while the face worker serves", view.face_available),
        "towerd_can_deliver": ("1 while a car can be delivered", view.can_deliver),
        "towerd_bays_occupied": ("Bays with a vehicle", sum(bay.occupied is True for bay in view.bays)),
        "towerd_bays": ("Bays", len(view.bays)),
        "towerd_button_lost_seconds": ("Time that cabins stood for want of the button alone", view.button_lost_s),
    }


def _counts(view: View) -> dict[str, Counter[tuple[str, ...]]]:
    return {
        "towerd_orders": Counter((order.kind, order.state) for order in view.orders),
        "towerd_loans": Counter((loan.state,) for loan in view.loans),
        "towerd_alarms": Counter((alarm.priority, alarm.state) for alarm in view.alarms),
    }


def _devices(view: View, registry: CollectorRegistry) -> None:
    cycles = Gauge("towerd_device_cycles", "Cycles of a device", ("device",), registry=registry)
    ratio = Gauge(
        "towerd_device_time_ratio",
        "Moving mean of a device's times over the mechanical minimum",
        ("device",),
        registry=registry,
    )
    tries = Gauge(
        "towerd_device_tries_ratio", "Share of commands that needed another try", ("device",), registry=registry
    )
    for device in view.devices:
        cycles.labels(device.device).set(device.cycles)
        tries.labels(device.device).set(device.tries_ratio)
        if device.recent_ratio is not None:
            ratio.labels(device.device).set(device.recent_ratio)


def _motion(view: View) -> dict[str, JobView]:
    """The job of each purpose that has ended last."""
    ended = (job for job in view.jobs if job.motion_s is not None and job.minimum_s and job.state == "done")
    return {job.purpose: job for job in sorted(ended, key=lambda job: job.id)}


def exposition(view: View) -> bytes:
    """Everything in the text format 0.0.4."""
    registry = CollectorRegistry()
    for name, (text, value) in _plain(view).items():
        Gauge(name, text, registry=registry).set(value)
    for name, counts in _counts(view).items():
        text, labels = _LABELLED[name]
        gauge = Gauge(name, text, labels, registry=registry)
        for values, count in counts.items():
            gauge.labels(*values).set(count)
    _devices(view, registry)
    moved = Gauge("towerd_job_motion_seconds", "Time of the last job's moves", ("purpose",), registry=registry)
    least = Gauge("towerd_job_minimum_seconds", "Mechanical minimum of the last job", ("purpose",), registry=registry)
    for purpose, job in _motion(view).items():
        moved.labels(purpose).set(job.motion_s or 0.0)
        least.labels(purpose).set(job.minimum_s)
    return generate_latest(registry) + generate_latest(REGISTRY)
