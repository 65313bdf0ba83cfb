"""Values for tests: one whole snapshot and rows of every table, as small as they can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from towerd.cabin.model import Cabin, CabinSensors, DoorState, Gauge
from towerd.fsm.alarm_rows import AlarmRow, PageRow, Seen
from towerd.fsm.intake_row import Intake, Owing
from towerd.fsm.kept_rows import AnswerRow, AuditMark, CustomerRow, ErasureRow, FaceRow
from towerd.fsm.state import BayRecord, Fault, Job, Meta, Move, PlaceBefore, Step, Tables
from towerd.lift.model import Axis, AxisStatus, Load, PlcOpenState
from towerd.orders.model import DriveCount, Loan, Order, Slot, Vehicle, VehicleRecord
from towerd.orders.photos import PhotoSet
from towerd.places import bay, cabin
from towerd.plc.snapshot import (
    Alarms,
    Capability,
    Identity,
    Interlock,
    KeySwitch,
    Mailbox,
    MailboxState,
    PackmlState,
    Safety,
    Snapshot,
    System,
    Unit,
)
from towerd.upkeep.model import Wear

AT = datetime(2026, 11, 25, 8, 0, 0, 123456, tzinfo=UTC)


def record(vehicle: str = "car-1", tag: int = 4711) -> VehicleRecord:
    """A petrol car that can be test-driven."""
    return VehicleRecord(
        id=vehicle,
        tag=tag,
        make="Kestrel",
        model="Three",
        colour="red",
        year=2026,
        trim="base",
        propulsion="petrol",
        mass_kg=1400,
        length_mm=4300,
        width_mm=1800,
        height_mm=1500,
        image_url="https://shop.example/car.jpg",
        owner="dealer",
        offers={"test_drive": {"fee": 0, "deposit": 0, "currency": "EUR"}},
    )


def order(order_id: str = "ord-1", number: str = "0815") -> Order:
    """An accepted test drive for car-1."""
    return Order(
        id=order_id,
        kind="test_drive",
        issuer="shop.example",
        customer="cust-1",
        vehicle="car-1",
        state="accepted",
        since_at=AT,
        accepted_at=AT,
        number=number,
        code_mac="00" * 32,
        code_only=False,
        slot=Slot(AT, AT + timedelta(hours=1)),
        terms={"version": "1"},
    )


def tables() -> Tables:
    """One row in every table."""
    step = Step(Unit.CARRIAGE, 7, 3, 2, 1, (3, 4, 0, 0), 300, 1, "written", AT)
    return Tables(
        meta=Meta(boot=2, event_seq=5, audit_hash="ab"),
        vehicles={"car-1": Vehicle(record(), bay(3, 4), charge_ratio=0.5)},
        bays={"3-4": BayRecord(bay(3, 4), unknown=True, reason="sensors disagree")},
        before={"bay:3-4": PlaceBefore(bay(3, 4), "car-1", "occupied")},
        orders={"ord-1": order()},
        loans={"ord-0": Loan("ord-0", "cust-2", "car-2", "out", AT, AT + timedelta(days=3), "4711")},
        moves={4: Move(4, "fetch", "car-1", bay(3, 4), cabin(1), "lin", AT, job=1)},
        intakes={1: Intake(1, "loan", "ord-0", "car-2", "kiosk", "securing", AT, AT)},
        owing={1: Owing(1, "answer", AT)},
        jobs={1: Job(1, "car-1", bay(3, 4), cabin(1), "ord-1", "running", AT)},
        steps={"CARRIAGE:7": step},
        wear={"lock 3-4": Wear("lock 3-4", "lock", AT, 9, samples=3, reference_ratio=1.25)},
        faults={1001: Fault(1001, AT, "no answer", unit="CARRIAGE")},
        alarms={"PLC-016": AlarmRow("PLC-016", "unacked_active", AT)},
        pages={"4": PageRow("4", "PLC-016", 1, "raised", AT)},
        seen={"lock:3-4": Seen("lock:3-4", "locked")},
        answers={"jti:ord-1": AnswerRow("jti:ord-1", "aa", "shop.example", True, (), {"number": "0815"}, AT)},
        faces={"ord-1": FaceRow("ord-1", "bb")},
        photos={"photos:ord-0:out": PhotoSet("ord-0", "out", "car-2", 1, 5, AT, ("ab" * 32,), "", "cd" * 32)},
        marks={7: AuditMark(7, "cd", AT)},
        customers={"cust-1": CustomerRow("cust-1", AT)},
        erasures={"cust-2": ErasureRow("cust-2", AT, by="lin")},
        drives={"h-3": DriveCount("h-3", (AT,))},
    )


def _axis(**changed: Any) -> Axis:
    values: dict[str, Any] = {
        "plcopen_state": PlcOpenState.STANDSTILL,
        "status": AxisStatus.POWERED | AxisStatus.HOMED,
        "actual": 0,
        "target": 0,
        "velocity": 0,
        "station_floor": 0,
        "station_position": 1,
        "drive_error": 0,
        "cycles": 12,
    }
    return Axis(**(values | changed))


def snapshot(session: int = 3) -> Snapshot:
    """A tower of 20 floors with 6 positions and one cabin, in Execute, everything at rest."""
    identity = Identity(
        1, 0, 2, 20, 6, 1, Capability.SIMULATOR | Capability.WEIGH_CELL, 5200, 2100, 2000, 2600, 10, 9, 1
    )
    system = System(
        plc_heartbeat=1,
        pc_heartbeat_echo=1,
        link_state=1,
        key_switch=KeySwitch.AUTO,
        packml_state=PackmlState.EXECUTE,
        stop_reason=0,
        safety=Safety.ESTOP_CHAIN_OK | Safety.MAINS_OK | Safety.DRIVES_ENABLED | Safety.SHAFT_CLEAR,
        interlocks=Interlock(0),
        alarms_active_count=0,
        alarms_unacked_count=0,
        bay_change_counter=0,
        alarm_change_counter=0,
        cabinet_temp_dc=250,
        packml_ack_seq=1,
        packml_reject_code=0,
        pc_session_echo=session,
        utc_s=1,
        scan_max_ms=12,
        boot_id=2,
    )
    mailbox = Mailbox(0, 0, MailboxState.IDLE, 0, 0, 0, 0, 0, 0, 0, 0)
    sensors = CabinSensors.LIGHT_CURTAIN_CLEAR | CabinSensors.CLEAR_CONFIRMED
    return Snapshot(
        session=session,
        identity=identity,
        system=system,
        mailboxes=dict.fromkeys(Unit, mailbox),
        lift=_axis(),
        turntable=_axis(),
        fork=_axis(station_floor=None, station_position=None),
        load=Load(False, False, False, False, 0, 0),
        cabins=(Cabin(1, DoorState.CLOSED, DoorState.CLOSED, sensors, 0, 0, 0, 0, Gauge(0), 0, 1, 5),),
        bay_words=(7,) * 120,
        alarms=Alarms(frozenset({3, 1}), frozenset(), None, 0),
    )
