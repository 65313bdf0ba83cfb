"""Options that commands have in common, and what all commands of a program share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from towerd.cli import client
from towerd.paths import API_SOCKET

_INTERRUPTED: Final = 130
Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)

SHARED: Final[Mapping[str, Any]] = {
    "help_option_names": ["-h", "--help"],
    "show_default": True,
    "max_content_width": 120,
}
"""Settings of a program that hold for all its commands."""

socket_option = click.option(
    "--socket",
    type=click.Path(path_type=Path),
    default=API_SOCKET,
    envvar="TOWERD_SOCKET",
    show_envvar=True,
    help="Socket of the daemon.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Machine-readable output: the answer as JSON.")


def asks(command: Command) -> Command:
    """The options of every command that asks the daemon: `socket`, where it listens, and `as_json`, how to tell."""
    return socket_option(json_option(command))


class Program(click.Group):
    """All commands of a program. Ctrl-C ends it with 130, as a shell expects, and not as something that was refused."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the words of a call. Wrong usage is told as JSON too where that is wanted."""
        words = tuple(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if client.json_among(words):
                client.print_failure(error.format_message(), error.exit_code)
            raise
        client.note_json(context, words)
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out what was asked for. What goes wrong is told as JSON too where that is wanted."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if client.json_wanted():
                client.print_failure(error.format_message(), error.exit_code)
            raise
        except client.Failure as failure:
            if client.json_wanted():
                client.print_failure(failure.text, failure.exit_code)
            raise
        except KeyboardInterrupt:
            raise click.exceptions.Exit(_INTERRUPTED) from None


class LazyProgram(Program):
    """Commands, each loaded when it is called: the others would only make it slower."""

    def __init__(self, *arguments: Any, package: str, found_in: Mapping[str, tuple[str, ...]], **settings: Any) -> None:
        """`found_in`: which module of `package` has which commands; a command's function bears its name with underscores."""
        super().__init__(*arguments, **settings)
        self._package = package
        self._modules = {name: module for module, names in found_in.items() for name in names}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, loaded or not."""
        return sorted({*super().list_commands(ctx), *self._modules})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, from its module."""
        if cmd_name not in self._modules:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"{self._package}.{self._modules[cmd_name]}")
        found: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return found


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")), help="The shell.")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands and options, for its start-up file: eval "$(towerctl completion bash)"."""
    from click.shell_completion import get_completion_class

    program = context.find_root()
    name = str(program.info_name)
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(program.command, {}, name, f"_{name.upper()}_COMPLETE").source())
