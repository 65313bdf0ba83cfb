from __future__ import annotations

from towerd import faults


def test_every_number_that_the_code_names_is_in_the_catalogue() -> None:
    named = {value for name, value in vars(faults).items() if name.isupper() and isinstance(value, int)}
    assert named == set(faults.FAULTS)


def test_the_constants_carry_the_catalogues_names() -> None:
    for number, fault in faults.FAULTS.items():
        assert getattr(faults, fault.name) == number == fault.number


def test_numbers_belong_to_a_category() -> None:
    assert {number // 1000 for number in faults.FAULTS} <= {1, 2, 3, 4, 5}


def test_every_fault_says_what_why_and_what_to_do() -> None:
    for fault in faults.FAULTS.values():
        assert min(len(fault.text), len(fault.cause), len(fault.cure)) > 20
        assert fault.code == f"TWR-{fault.number}"


def test_a_fault_that_stops_and_needs_a_technician_names_the_command() -> None:
    for number in (2001, 2002, 3001, 3002):
        assert faults.FAULTS[number].stops
        assert f"towerctl reset {number}" in faults.FAULTS[number].cure


def test_the_car_of_another_is_the_gravest_of_the_vehicle_faults() -> None:
    assert faults.FAULTS[faults.WRONG_VEHICLE].priority == "critical"
    assert not faults.FAULTS[faults.DOOR_STUCK].stops
