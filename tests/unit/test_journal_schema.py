"""The schema covers every field of the tables, with the right kind of key."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args, get_type_hints

from towerd.fsm.state import Tables
from towerd.journal.schema import INTEGER_KEYS, META, SCHEMA, TABLE_NAMES, VERSION, upgrade


def test_every_field_has_a_table() -> None:
    assert {META, *TABLE_NAMES} == {field.name for field in fields(Tables)}
    made = " ".join(SCHEMA)
    assert all(f"CREATE TABLE {name} (" in made for name in (META, *TABLE_NAMES))


def test_keys_have_the_kind_of_the_dict() -> None:
    hints = get_type_hints(Tables)
    assert {name for name in TABLE_NAMES if get_args(hints[name])[0] is int} == INTEGER_KEYS


def test_other_tables_are_another_version() -> None:
    # whoever adds a table makes VERSION grow, and `upgrade` adds the table to files that lack it
    known = [
        "alarms",
        "answers",
        "bays",
        "before",
        "customers",
        "drives",
        "erasures",
        "faces",
        "faults",
        "intakes",
        "jobs",
        "loans",
        "marks",
        "moves",
        "orders",
        "owing",
        "pages",
        "photos",
        "seen",
        "steps",
        "vehicles",
        "wear",
    ]
    assert (VERSION, sorted(TABLE_NAMES)) == (7, known)


def test_an_upgrade_makes_what_is_missing_only() -> None:
    statements = " ".join(upgrade({*TABLE_NAMES, META} - {"faces"}))
    assert [name for name in TABLE_NAMES if f"CREATE TABLE {name} " in statements] == ["faces"]
    assert statements.endswith(f"PRAGMA user_version = {VERSION}")
