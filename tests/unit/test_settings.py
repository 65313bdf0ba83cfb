"""Settings: the example is whole, every error has its line, defaults are those of the domain."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from pydantic import BaseModel

from towerd.lift.kinematics import Kinematics
from towerd.orders.rules import DriveRules, OrderRules
from towerd.plc.config import LinkConfig
from towerd.settings import (
    DriveSettings,
    KinematicsSettings,
    OrderSettings,
    Settings,
    needing_restart,
)
from towerd.settings_file import SettingsError, key_lines, load

EXAMPLE = Path(__file__).parents[2] / "config" / "tower.example.toml"
SMALL = """\
[tower]
id = "t-1"
[plc]
host = "127.0.0.1"
[keys]
tower_key_file = "k/tower.jwk"
issuers_file = "k/issuers.json"
code_secret_file = "k/codes"
faces_dir = "k/faces"
"""


def _load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "t.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def _problems(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, text)
    return [(one.line, one.key, one.text) for one in caught.value.problems]


def _leaves(model: type[BaseModel], under: str = "") -> set[str]:
    found = set()
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= _leaves(kind, f"{under}{name}.")
        else:
            found.add(f"{under}{name}")
    return found


def test_the_example_is_valid_and_shows_every_key() -> None:
    assert load(EXAMPLE).tower.id == "hamburg-1"
    text = EXAMPLE.read_text(encoding="utf-8")
    for key in _leaves(Settings):
        assert key.rsplit(".", 1)[-1] in text, key


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    shown = load(EXAMPLE)
    plain = _load(tmp_path, SMALL)
    for section in ("machine", "orders", "face", "log"):
        assert getattr(shown, section) == getattr(plain, section)
    assert shown.state_dir == plain.state_dir
    assert shown.journal_path == Path("/var/lib/towerd/journal.db")


def test_relative_paths_count_from_the_file(tmp_path: Path) -> None:
    assert _load(tmp_path, SMALL).keys.faces_dir == tmp_path / "k" / "faces"


def test_mechanics_are_those_of_the_domain() -> None:
    assert KinematicsSettings().value() == Kinematics()
    assert set(KinematicsSettings.model_fields) == {field.name for field in fields(Kinematics)}


def test_rules_are_those_of_the_domain() -> None:
    assert OrderSettings().value() == OrderRules()
    plain = set(OrderSettings.model_fields) - {"trust_clock", "rates"}
    assert plain == {field.name for field in fields(OrderRules)}
    assert set(DriveSettings.model_fields) == set(asdict(DriveRules()))


def test_rules_of_a_model_reach_the_domain(tmp_path: Path) -> None:
    settings = _load(tmp_path, SMALL + '[orders.by_model."Ford Mondeo"]\ndrive_s = 3600\n')
    assert settings.orders.value().for_model("Ford", "Mondeo") == DriveRules(drive_s=3600.0)


def test_every_field_says_what_it_is() -> None:
    def silent(model: type[BaseModel]) -> list[str]:
        found = []
        for name, info in model.model_fields.items():
            found += [] if info.description else [f"{model.__name__}.{name}"]
            if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
                found += silent(info.annotation)
        return found

    assert silent(Settings) == []


def test_every_error_is_told_with_its_line(tmp_path: Path) -> None:
    text = SMALL.replace('host = "127.0.0.1"', 'host = "127.0.0.1"\npoll_ms = 5\npol_ms = 20') + "[mqtt]\nport = 'x'\n"
    assert _problems(tmp_path, text) == [
        (5, "plc.poll_ms", "Input should be greater than or equal to 20 (is 5)"),
        (6, "plc.pol_ms", "unknown key; did you mean poll_ms?"),
        (13, "mqtt.port", "Input should be a valid integer, unable to parse string as an integer (is 'x')"),
    ]


def test_what_is_missing_is_told_at_its_table(tmp_path: Path) -> None:
    text = SMALL.replace('id = "t-1"\n', "").replace('host = "127.0.0.1"\n', "")
    assert _problems(tmp_path, text) == [
        (1, "tower.id", "is missing"),
        (2, "plc", "give either host (Modbus TCP) or serial_port (Modbus RTU)"),
    ]


def test_an_unknown_table_lists_what_there_is(tmp_path: Path) -> None:
    [(line, key, text)] = _problems(tmp_path, SMALL + "[zzz]\n")
    assert (line, key) == (10, "zzz")
    assert "known here: alarms, api, face, intake, journal, keys" in text


def test_a_wrong_key_under_a_model_is_told(tmp_path: Path) -> None:
    [(line, key, _text)] = _problems(tmp_path, SMALL + '[orders.by_model."Ford Mondeo"]\nspeed = 1\n')
    assert (line, key) == (11, "orders.by_model.Ford Mondeo.speed")


def test_rtu_holds_its_reply_limit(tmp_path: Path) -> None:
    text = SMALL.replace('host = "127.0.0.1"', 'serial_port = "/dev/ttyUSB0"\nreply_limit_ms = 300')
    assert _problems(tmp_path, text) == [(3, "plc", "reply_limit_ms is at most 250 on a serial line")]


def test_on_a_serial_line_the_default_is_taken_as_the_most_that_it_allows(tmp_path: Path) -> None:
    plc = _load(tmp_path, SMALL.replace('host = "127.0.0.1"', 'serial_port = "/dev/ttyUSB0"')).plc
    link = LinkConfig(serial_port=plc.serial_port, poll_ms=plc.poll_ms, timeout_ms=plc.reply_limit_ms)
    assert link.timeout_s == 0.25
    assert link == LinkConfig(serial_port=plc.serial_port)


def test_bad_toml_is_told_by_line(tmp_path: Path) -> None:
    [(line, _key, text)] = _problems(tmp_path, SMALL + "[mqtt\n")
    assert line == 10
    assert text.startswith("is no TOML")
    [(line, _key, _text)] = _problems(tmp_path, SMALL + 'x = """')
    assert line == 10


def test_a_missing_or_binary_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml:0: cannot be read: No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bin.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is no UTF-8"):
        load(tmp_path / "bin.toml")


def test_the_environment_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIR", "/tmp/elsewhere")
    monkeypatch.setenv("TOWER", '{"id": "other"}')
    settings = _load(tmp_path, SMALL)
    assert settings.tower.id == "t-1"
    assert settings.state_dir == Path("/var/lib/towerd")


def test_lines_are_found_under_headers_quotes_and_dots() -> None:
    text = 'a = """\nb = 1\n"""\n[x."y z"]\nk.l = 2 # c\n"q" = 3\n[[list]]\nm = 1\n'
    tomllib.loads(text)
    assert key_lines(text) == {
        ("a",): 1,
        ("x",): 4,
        ("x", "y z"): 4,
        ("x", "y z", "k", "l"): 5,
        ("x", "y z", "q"): 6,
        ("list",): 7,
        ("list", "m"): 8,
    }


def test_only_some_changes_need_a_restart(tmp_path: Path) -> None:
    old = _load(tmp_path, SMALL)
    assert needing_restart(old, old) == ()
    new = _load(tmp_path, SMALL + '[api]\nusers = {ada = "technician"}\n[log]\nlevel = "debug"\n')
    assert needing_restart(old, new) == ()
    moved = _load(tmp_path, SMALL.replace("127.0.0.1", "127.0.0.2") + "[machine.kinematics]\npositions = 8\n")
    assert needing_restart(old, moved) == ("plc.host", "machine.kinematics.positions")


def _with(tmp_path: Path, key: str, value: str) -> list[tuple[int, str, str]]:
    """The problems of the small file with one key changed."""
    table, _, name = key.rpartition(".")
    if f"[{table}]" in SMALL:
        text = "\n".join(line for line in SMALL.splitlines() if not line.startswith(f"{name} ="))
        return _problems(tmp_path, text.replace(f"[{table}]", f"[{table}]\n{name} = {value}"))
    return _problems(tmp_path, f"{SMALL}\n[{table}]\n{name} = {value}\n")


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("plc.host", '""', "is no host name and no address"),
        ("plc.host", '"a b"', "is no host name and no address"),
        ("mqtt.host", '""', "is no host name and no address"),
        ("plc.serial_port", '""', "at least 1 character"),
        ("keys.tower_key_file", '""', "is empty"),
        ("api.socket", f'"/tmp/{"x" * 200}"', "has more than 107 bytes"),
        ("api.socket", '"."', "is there and is no socket"),
        ("api.socket", '"t.toml"', "is there and is no socket"),
        ("orders.walk_in_s", "1e15", "less than or equal"),
        ("orders.answers_kept_s", "1e15", "less than or equal"),
        ("orders.drive.drive_s", "1e12", "less than or equal"),
        ("machine.kinematics.lift_mm_s", "1e-300", "greater than or equal"),
        ("machine.kinematics.lift_mm_s2", "1e300", "less than or equal"),
        ("machine.kinematics.ground_mm", "-1e300", "greater than or equal"),
        ("machine.kinematics.cabin_deg", "[]", "one cabin or two"),
        ("machine.kinematics.cabin_deg", "[0, 90, 180]", "one cabin or two"),
    ],
)
def test_what_run_could_not_use_is_no_good_setting(tmp_path: Path, key: str, value: str, text: str) -> None:
    problems = _with(tmp_path, key, value)
    assert [(found[1], text in found[2]) for found in problems] == [(key, True)]


def test_each_wrong_angle_is_told_once(tmp_path: Path) -> None:
    problems = _with(tmp_path, "machine.kinematics.cabin_deg", "[inf, nan]")
    assert [key for _line, key, _text in problems] == [f"machine.kinematics.cabin_deg.{n}" for n in (0, 1)]


def test_a_socket_that_may_not_be_looked_at_is_left_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hidden(_path: Path) -> bool:
        raise PermissionError("not yours")

    monkeypatch.setattr(Path, "exists", hidden)
    assert _load(tmp_path, SMALL).api.socket == Path("/run/towerd/api.sock")
