"""The daemon's own faults, as data: number, name, what happened, why it happens, what to do. Latched, first cause kept.

1xxx link, 2xxx motion, 3xxx inventory, 4xxx hand-over, 5xxx the process itself. The PLC's alarms are in `plc/alarms.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Priority = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class FaultType:
    """One fault. `stops`: nothing moves by itself until it is gone. `latched`: it stays until a technician has reset it;
    else it goes with its cause.
    """

    number: int
    name: str
    priority: Priority
    stops: bool
    text: str
    cause: str
    cure: str
    latched: bool = True

    @property
    def code(self) -> str:
        """As shown and published: TWR-2001."""
        return f"TWR-{self.number}"


_ALL = (
    FaultType(
        1001,
        "PLC_NOT_COMPATIBLE",
        "critical",
        True,
        "The device at the PLC's address is not one this program may command",
        "Magic, interface version or word order differ (plc-if.md 2.1): wrong address, wrong program, wrong gateway.",
        "Compare host and port with the drawing; load the PLC program of interface 1. It clears by itself when it fits.",
        latched=False,
    ),
    FaultType(
        1002,
        "LAYOUT_CHANGED",
        "high",
        True,
        "The PLC's station table is not the one seen before",
        "Stations were taught anew, or another PLC was put in (plc-if.md 2.1).",
        "Look at the taught stations, then: towerctl confirm-layout.",
    ),
    FaultType(
        1003,
        "TOWER_DIFFERS",
        "critical",
        True,
        "The PLC's tower is not the one that settings and inventory describe",
        "Floors, bays or cabins that the PLC names (plc-if.md 2.1, ID) are fewer or others: a wrong address, or wrong settings.",
        "Compare the two values. Correct the address or [machine.kinematics] and restart towerd, or import the stock as it"
        " stands. It clears by itself when both agree.",
        latched=False,
    ),
    FaultType(
        2001,
        "COMMAND_FAILED",
        "high",
        True,
        "A command to the machine ended with an error",
        "The error's text says which: position not reached, drive, time limit, sensors.",
        "Mend the cause on the spot, look that the way is free, then reset the fault: towerctl reset 2001.",
    ),
    FaultType(
        2002,
        "COMMAND_REFUSED",
        "high",
        True,
        "The PLC refuses a command again and again",
        "An interlock that the PC does not see, or the two disagree about the machine.",
        "towerctl why shows the refusal. Remove its cause, then: towerctl reset 2002.",
    ),
    FaultType(
        2101,
        "DEVICE_SLOWER",
        "low",
        False,
        "A device takes longer than after its last service",
        "Wear, dirt, a slack belt, too little grease, a supply that is too weak. It is not a time-out yet.",
        "Look at the device; service it, then: towerctl maintenance done DEVICE. It clears once it is as quick as before.",
    ),
    FaultType(
        2102,
        "DEVICE_TRIES",
        "low",
        False,
        "A device needs more tries than it should",
        "A sensor or switch that answers late, a door that people or dirt keep from closing, an interlock that chatters.",
        "Look at the device and its sensors. It clears once its commands succeed at the first try again.",
    ),
    FaultType(
        2103,
        "SERVICE_DUE",
        "low",
        False,
        "A service of a device is due",
        "The device has worked as often, or as long, as [upkeep] in the settings lets it between two services.",
        "Service it, then: towerctl maintenance done DEVICE.",
    ),
    FaultType(
        3001,
        "PLACE_UNKNOWN",
        "high",
        True,
        "What stands in a place cannot be told",
        "The sensors agree neither with before nor with after an interrupted move (plc-if.md 6.2).",
        "Look. Correct the books: towerctl bay set PLACE VEHICLE --reason …, then: towerctl reset 3001.",
    ),
    FaultType(
        3002,
        "WRONG_VEHICLE",
        "critical",
        True,
        "The tag read is not that of the vehicle expected",
        "Two vehicles have changed places, or a tag was changed.",
        "Nothing is handed over. Look whether it is the car whose tag was read, then: towerctl reset 3002. The books follow the tags.",
    ),
    FaultType(
        3003,
        "INVENTORY_DISAGREES",
        "high",
        False,
        "Sensors and inventory disagree about a place",
        "A vehicle was moved without towerd, a sensor fails, or a bay has no record.",
        "Look into the place and correct the books: towerctl bay set PLACE VEHICLE --reason …, or towerd stock import for a new car;"
        " until then no command touches it. Then: towerctl reset 3003.",
    ),
    FaultType(
        3101,
        "BAY_CHANGED",
        "critical",
        True,
        "A bay was filled or emptied without a command",
        "Somebody has taken or brought a vehicle by hand, or both sensors of the bay have failed together.",
        "Look who is in the tower, and into the bay. It is unknown: towerctl bay set PLACE VEHICLE --reason …, then: towerctl reset 3101.",
    ),
    FaultType(
        3102,
        "LOCK_CHANGED",
        "high",
        True,
        "The lock of a bay was moved without a command",
        "Somebody works at the lock by hand, its switch fails, or its drive moves by itself.",
        "Look at the lock and into the bay. It is unknown: towerctl bay set PLACE VEHICLE --reason …, then: towerctl reset 3102.",
    ),
    FaultType(
        3103,
        "DOOR_CHANGED",
        "critical",
        True,
        "A door was moved without a command",
        "Somebody has forced it or moved it by hand, its switch fails, or its drive moves by itself.",
        "Look who is in the cabin and in the shaft. With nobody there and the door sound: towerctl reset 3103.",
    ),
    FaultType(
        4001,
        "DOOR_STUCK",
        "medium",
        False,
        "An outer door does not close",
        "Something stands in the doorway, or the door's drive fails (error 7).",
        "Free the doorway. towerd tries again every ten seconds; nothing else is needed.",
        latched=False,
    ),
    FaultType(
        4002,
        "CABIN_UNATTENDED",
        "medium",
        False,
        "A car stands in a cabin, something is still owed, and nobody is near",
        "The driver has walked away without pressing the button beside the door, without confirming that the car is"
        " secured, or without taking away a car that could not be taken in.",
        "Look into the cabin. If nobody is in it press the button beside its door; towerctl status says what else is owed."
        " It clears by itself.",
        latched=False,
    ),
    FaultType(
        5002,
        "ALARM_FLOOD",
        "high",
        False,
        "More alarms come than a person can take in",
        "One cause has many effects, an input chatters, or alarms of little weight are not acknowledged in time.",
        "towerctl alarms: begin at the one marked first. Lower priorities page nobody meanwhile; it ends by itself.",
        latched=False,
    ),
    FaultType(
        5003,
        "PAGING_FAILED",
        "high",
        False,
        "Nobody can be paged by one of the steps",
        "The site's command fails or hangs, the webhook's server refuses or is not reached.",
        "Its text names the step and what happened; try the command by hand. It goes on trying, and ends by itself.",
        latched=False,
    ),
    FaultType(
        5004,
        "OUTBOX_FILLS",
        "medium",
        False,
        "Messages wait for the broker, and there will soon be no room for more",
        "The broker is not reached, or takes none, and has not for a long time. From [journal] outbox_most messages on the"
        " oldest are dropped; the audit log keeps those that matter.",
        "Look at network, broker and certificate: towerctl status. It ends by itself once the broker has them.",
        latched=False,
    ),
)
FAULTS: Final[dict[int, FaultType]] = {fault.number: fault for fault in _ALL}

PLC_NOT_COMPATIBLE: Final = 1001
LAYOUT_CHANGED: Final = 1002
TOWER_DIFFERS: Final = 1003
NO_TOWER: Final = frozenset({PLC_NOT_COMPATIBLE, LAYOUT_CHANGED, TOWER_DIFFERS})
"""That the machine is not the one that is known here: nobody can tell whether a car will ever come, so none is promised."""
COMMAND_FAILED: Final = 2001
COMMAND_REFUSED: Final = 2002
DEVICE_SLOWER: Final = 2101
DEVICE_TRIES: Final = 2102
SERVICE_DUE: Final = 2103
PLACE_UNKNOWN: Final = 3001
WRONG_VEHICLE: Final = 3002
INVENTORY_DISAGREES: Final = 3003
BAY_CHANGED: Final = 3101
LOCK_CHANGED: Final = 3102
DOOR_CHANGED: Final = 3103
DOOR_STUCK: Final = 4001
CABIN_UNATTENDED: Final = 4002
ALARM_FLOOD: Final = 5002
PAGING_FAILED: Final = 5003
OUTBOX_FILLS: Final = 5004
