"""The lock is checked against what the project asks for."""

from __future__ import annotations

from tools.lock_check import ROOT, mismatches, pins, problems, unhashed

LOCK = """\
alpha==1.2 \\
    --hash=sha256:00
beta-x==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:01
beta-x==3.0 ; python_full_version >= '3.12' \\
    --hash=sha256:02
"""


def test_the_projects_own_lock_fits() -> None:
    assert problems(ROOT) == []


def test_pins_are_read_by_canonical_name() -> None:
    assert pins(LOCK) == {"alpha": {"1.2"}, "beta-x": {"2.0", "3.0"}}


def test_what_does_not_fit_is_told() -> None:
    wanted = ["alpha>=1,<2", "Beta_X>=2.5", "gamma"]
    assert list(mismatches(wanted, pins(LOCK))) == [
        "Beta_X>=2.5 does not admit the locked 2.0",
        "gamma is not in the lock",
    ]


def test_a_pin_without_a_hash_and_an_index_are_told() -> None:
    assert list(unhashed(LOCK)) == []
    assert list(unhashed("alpha==1.2\n--index-url somewhere\n")) == [
        "alpha==1.2 has no hash",
        "the lock names an index: --index-url",
    ]
