"""The commands against a real daemon's socket, and without one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click import Command
from click.testing import CliRunner, Result

from tests.support.api_tower import Tower, served
from tests.support.values import AT
from tests.support.views import view
from towerd import __version__
from towerd.cli import client, towerctl
from towerd.cli import towerd as cli
from towerd.fsm.events import CodeEntered, FaultReset
from towerd.fsm.turn import audit_hash
from towerd.orders.keys import load_tower_key
from towerd.settings import Settings
from towerd.settings_file import load

ROOT = Path(__file__).parents[2]
SMALL = """\
state_dir = "state"
[tower]
id = "t-1"
[plc]
host = "127.0.0.1"
[keys]
tower_key_file = "k"
issuers_file = "i"
code_secret_file = "c"
faces_dir = "f"
"""


@pytest.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Tower]:
    async with served(tmp_path / "api.sock") as made:
        yield made


def _run(app: Command, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(arguments), input=typed)


async def _ctl(tower: Tower, *arguments: str, typed: str | None = None) -> Result:
    # in a thread of its own, as the daemon runs in this one
    return await asyncio.to_thread(_run, towerctl.app, *arguments, "--socket", str(tower.path), typed=typed)


async def test_status_is_marked_as_simulated(tower: Tower) -> None:
    result = await _ctl(tower, "status")
    assert result.exit_code == 0
    for wanted in ("SIMULATED", "auto / EXECUTE", "cannot deliver: door_blocked", "Look what is in the door", "0815"):
        assert wanted in result.output
    assert json.loads((await _ctl(tower, "status", "--json")).output)["boot"] == 2


async def test_status_of_a_lost_machine(tower: Tower) -> None:
    tower.shown = view(plc_good=False, plc_reason="no reply", mode=None, packml=None, can_deliver=True, simulated=False)
    result = await _ctl(tower, "status")
    assert "? / ?" in result.output
    assert "PLC unknown: no reply" in result.output
    assert "SIMULATED" not in result.output


async def test_why_and_its_exit_code(tower: Tower) -> None:
    assert (await _ctl(tower, "why")).exit_code == 1
    assert json.loads((await _ctl(tower, "why", "--json")).output)["why_not"] == ["door_blocked"]
    tower.shown = view(can_deliver=True, why_not=(), obstacles=())
    result = await _ctl(tower, "why")
    assert (result.exit_code, result.output) == (0, "nothing is in the way\n")
    tower.shown = view(obstacles=())
    assert "cannot deliver: door_blocked" in (await _ctl(tower, "why")).output


async def test_a_code_can_be_typed_unseen(tower: Tower) -> None:
    result = await _ctl(tower, "code", "0815", typed="12345678\n")
    assert result.exit_code == 0
    assert "12345678" not in result.output
    assert isinstance(tower.events[0], CodeEntered)
    assert tower.events[0].code_mac == "mac-of-12345678"
    assert (await _ctl(tower, "code", "0815", "123")).exit_code == 65


async def test_refusals_have_an_exit_code_of_their_own(tower: Tower) -> None:
    tower.refuse = ("still_active",)
    result = await _ctl(tower, "reset", "1001")
    assert (result.exit_code, result.output) == (1, "refused: still_active\n")
    assert json.loads((await _ctl(tower, "reset", "1001", "--json")).output)["reasons"] == ["still_active"]
    assert isinstance(tower.events[0], FaultReset)


async def test_the_other_requests(tower: Tower) -> None:
    assert (await _ctl(tower, "confirm-layout")).exit_code == 0
    assert (await _ctl(tower, "confirm-clock")).exit_code == 0
    assert (await _ctl(tower, "packml", "hold")).output == 'done: {"n": 3}\n'
    assert (await _ctl(tower, "packml", "fly")).exit_code == 2
    assert "PLC-024" in (await _ctl(tower, "alarms")).output
    assert json.loads((await _ctl(tower, "alarms", "--json")).output)["simulated"] is True
    tower.shown = view(alarms=())
    assert (await _ctl(tower, "alarms")).output == "no alarms\n"


async def test_watching_ends_with_the_daemon(tower: Tower) -> None:
    watching = asyncio.create_task(_ctl(tower, "watch", "--json"))
    # the connection is there once a line has been asked for
    seen = asyncio.Event()
    tower.server._core.view_of = lambda: (seen.set(), tower.shown)[1]  # type: ignore[func-returns-value]
    async with asyncio.timeout(5):
        await seen.wait()
    tower.server._core.closing.set()
    result = await watching
    assert result.exit_code == 69
    assert json.loads(result.output.splitlines()[0])["mode"] == "auto"


async def test_stock_import(tower: Tower, tmp_path: Path) -> None:
    arguments = ("stock", "import", str(ROOT / "tests/support/stock.json"), "--socket", str(tower.path))
    assert (await asyncio.to_thread(_run, cli.app, *arguments)).exit_code == 0
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    result = await asyncio.to_thread(_run, cli.app, "stock", "import", str(bad), "--socket", str(tower.path))
    assert result.exit_code == 65
    assert "the file holds" in result.output
    missing = await asyncio.to_thread(
        _run, cli.app, "stock", "import", str(tmp_path / "no"), "--socket", str(tower.path)
    )
    assert (missing.exit_code, "cannot be read" in missing.output) == (65, True)


def test_without_a_daemon_every_request_says_so(tmp_path: Path) -> None:
    for arguments in (["status"], ["why"], ["watch"], ["code", "0815", "12345678"], ["packml", "stop"]):
        result = _run(towerctl.app, *arguments, "--socket", str(tmp_path / "none.sock"))
        assert result.exit_code == 69
        assert "systemctl status towerd" in result.output


@pytest.mark.parametrize(
    ("words", "code", "reason", "text"),
    [
        (("status", "--json"), 69, "not_running", "systemctl status towerd"),
        (("watch", "--json"), 69, "not_running", "does not answer"),
        (("goto", "2-3", "--take", "--json"), 69, "not_running", "does not answer"),
        (("code", "0815", "--json"), 69, "not_running", "does not answer"),
        (("packml", "fly", "--json"), 2, "usage", "'fly' is not one of"),
        (("alarms", "shelve", "22", "--json"), 2, "usage", "Missing option '--reason'"),
        (("alarms", "shelve", "22", "--for", "soon", "--reason", "on order", "--json"), 2, "usage", "soon"),
        (("put_back", "--json"), 2, "usage", "No such command 'put_back'"),
    ],
)
def test_json_is_json_when_it_goes_wrong_too(
    tmp_path: Path, words: tuple[str, ...], code: int, reason: str, text: str
) -> None:
    where = ("--socket", str(tmp_path / "none.sock")) if words[0] != "put_back" else ()
    result = _run(towerctl.app, *words, *where, typed="12345678\n")
    assert result.exit_code == code
    shown = json.loads(result.stdout)
    assert (shown["ok"], shown["reasons"]) == (False, [reason])
    assert text in shown["text"]
    assert text in result.stderr, "people read it as before"


def test_json_of_the_other_program_too(tmp_path: Path) -> None:
    nothing = str(tmp_path / "none")
    gone = _run(cli.app, "audit", "verify", "--json", "-c", nothing, "--socket", nothing)
    assert (gone.exit_code, json.loads(gone.stdout)["reasons"]) == (78, ["config"])
    unknown = _run(cli.app, "--json")
    assert (unknown.exit_code, json.loads(unknown.stdout)["reasons"]) == (2, ["usage"])


async def test_what_is_not_allowed_is_json_in_pages_too(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = {"ok": False, "reasons": ["not_allowed"], "text": "role operator is needed"}
    monkeypatch.setattr(client, "call", lambda *_words, **_content: (403, refusal))
    result = await asyncio.to_thread(_run, cli.app, "audit", "verify", "--json", "--socket", str(tower.path))
    assert (result.exit_code, json.loads(result.stdout)) == (77, refusal)


def test_without_json_nothing_is_on_the_standard_output(tmp_path: Path) -> None:
    for words in (("packml", "fly"), ("status", "--socket", str(tmp_path / "none.sock"))):
        assert _run(towerctl.app, *words).stdout == ""
    assert not client.json_among(("code", "--", "--json"))


def test_check_config() -> None:
    assert _run(cli.app, "check-config", str(ROOT / "config/tower.example.toml")).output.endswith(": good\n")


def test_check_config_tells_every_error(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(SMALL + "[log]\nlevel = 'loud'\ncolour = 1\n")
    result = _run(cli.app, "check-config", str(file))
    assert result.exit_code == 78
    assert f"{file}:12: log.level: Input should be" in result.output
    assert f"{file}:13: log.colour: unknown key" in result.output
    told = json.loads(_run(cli.app, "check-config", str(file), "--json").output)
    assert [one["line"] for one in told["problems"]] == [12, 13]
    assert _run(cli.app, "run", "--config", str(file)).exit_code == 78


def test_a_new_key_is_made_and_told(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(SMALL)
    key = load(file).keys.tower_key_file
    before = load_tower_key(key)
    text = _run(cli.app, "new-key", "--config", str(file)).output
    assert before.thumbprint not in text
    assert load_tower_key(key).thumbprint in text
    told = json.loads(_run(cli.app, "new-key", "--config", str(file), "--json").output)
    assert told == {"file": str(key), "kid": load_tower_key(key).kid, "thumbprint": load_tower_key(key).thumbprint}
    key.unlink()
    key.mkdir()
    assert _run(cli.app, "new-key", "--config", str(file)).exit_code == 65


def test_run_hands_over_to_the_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "t.toml"
    file.write_text(SMALL)
    ran: list[Settings] = []

    def run(settings: Settings, read: Callable[[], Settings]) -> int:
        file.write_text(SMALL + "[log]\nlevel = 'debug'\n")
        ran.extend((settings, read()))
        return 70

    monkeypatch.setitem(sys.modules, "towerd.app", SimpleNamespace(run=run))
    assert _run(cli.app, "run", "--config", str(file)).exit_code == 70
    assert [(one.tower.id, one.log.level) for one in ran] == [("t-1", "info"), ("t-1", "debug")]


def test_version() -> None:
    assert _run(cli.app, "--version").output == f"towerd {__version__}\n"


async def test_audit_of_a_running_daemon(tower: Tower) -> None:
    digest = audit_hash("", 1, AT, {"n": 1})
    row = {"audit_seq": 1, "at": AT.isoformat(), "body": {"n": 1}, "previous_hash": "", "hash": digest}
    tower.server._core.audit_of = lambda after_seq, _limit: [] if after_seq else [row]
    result = await asyncio.to_thread(_run, cli.app, "audit", "verify", "--socket", str(tower.path))
    assert result.output == f"whole: 1 rows, head 1:{digest}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(shell: str) -> None:
    told = _run(towerctl.app, "completion", shell)
    assert told.exit_code == 0
    assert "_TOWERCTL_COMPLETE" in told.output


def test_help_names_every_command_and_a_wrong_one_is_wrong_usage() -> None:
    shown = _run(towerctl.app, "-h").output
    for name in ("status", "alarms", "jog", "put-back", "completion"):
        assert f"\n  {name} " in shown
    assert _run(towerctl.app, "put_back").exit_code == 2
    assert _run(cli.app, "face", "-h").exit_code == 0


def test_ctrl_c_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("towerd.cli.client.get", interrupted)
    for app, words in ((towerctl.app, ["why"]), (cli.app, ["audit", "verify", "--socket", "/dev/null"])):
        monkeypatch.setattr("towerd.cli.towerd_audit.pages", interrupted)
        assert _run(app, *words).exit_code == 130
