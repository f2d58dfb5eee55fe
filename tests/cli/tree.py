"""The command line as data: every command, its parameters, and what each of its paths is for."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

import typer

from statescape.cli.app import app
from statescape.cli.roles import Role

TREE: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
COMMANDS = {info.name: info.callback for info in app.registered_commands}


@dataclass(frozen=True)
class Parameter:
    """One argument or option: `flags` is empty for an argument."""

    name: str
    flags: tuple[str, ...]
    required: bool
    kind: Any
    repeated: bool
    role: Role | None

    def given(self, value: object) -> list[str]:
        """The words of a call that give it this value."""
        return [*self.flags[:1], str(value)]


def parameters(command: str) -> list[Parameter]:
    hints = typing.get_type_hints(COMMANDS[command], include_extras=True)
    found = []
    for one in TREE[command].params:
        roles = [mark for mark in getattr(hints.get(one.name), "__metadata__", ()) if isinstance(mark, Role)]
        flags = tuple(one.opts) if one.param_type_name == "option" else ()
        kind = typing.get_args(hints[one.name])[0] if one.name in hints else bool
        repeated = one.multiple or one.nargs != 1
        found.append(Parameter(one.name, flags, one.required, kind, repeated, roles[0] if roles else None))
    return found


def needed(command: str, but: typing.Collection[str] = ()) -> list[str]:
    """Words for what a command cannot do without, except the parameters named."""
    return [word for one in parameters(command) if one.required and one.name not in but for word in one.given("word")]
