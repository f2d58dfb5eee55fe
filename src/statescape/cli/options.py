"""Options that are declared once and shared: a group of them is one parameter of a command.

The fields of a dataclass of settings make a group, with the kind, bounds, default and words that they declare; so do
the options of a data file and those of who works. `with_options` puts every option of a group into the command line in
place of the parameter, and hands their values over together.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import Annotated, Any, Union

import typer

from statescape.evolution.settings import Hyperparameters, Limits, Settings
from statescape.options import Option, hints_of, option_of


@dataclass(frozen=True)
class Group:
    """Options that travel together.

    Attributes:
        options: kind, with its flags, and default of every one, by name.
        gathered: what the command is given, from their values by name.
    """

    options: Mapping[str, tuple[Any, Any]]
    gathered: Callable[[dict[str, Any]], Any] = dict


def with_options(**groups: Group) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameters of these names are groups of options."""

    def widened(command: Callable[..., None]) -> Callable[..., None]:
        parameters: list[inspect.Parameter] = []
        for one in inspect.signature(command, eval_str=True).parameters.values():
            options = groups[one.name].options if one.name in groups else {one.name: (one.annotation, one.default)}
            parameters += [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
                for name, (kind, default) in options.items()
            ]

        @wraps(command)
        def gathering(**given: Any) -> None:
            for name, group in groups.items():
                given[name] = group.gathered({option: given.pop(option) for option in group.options})
            command(**given)

        gathering.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        gathering.__annotations__ = {one.name: one.annotation for one in parameters}
        return gathering

    return widened


def of_fields(*owners: type) -> Group:
    """The options of dataclasses that declare them in their fields, as `statescape.evolution.settings` does."""
    return _group(owners, unset=False)


def unset_fields(*owners: type) -> Group:
    """The same where a command gets only the options that were given, since what the others are depends on these."""
    return _group(owners, unset=True)


def _group(owners: tuple[type, ...], unset: bool) -> Group:
    options: dict[str, tuple[Any, Any]] = {}
    listed = set()
    for owner in owners:
        hints = hints_of(owner)
        for one in fields(owner):
            option = option_of(one)
            if option is None:
                continue
            kind, default = _typed_in(hints[one.name]), one.default
            if kind is not hints[one.name] and isinstance(default, tuple):
                default = ",".join(default)
            if _is_list(hints[one.name]):
                listed.add(one.name)
            if unset:
                words = option.help if "(default: " in option.help else f"{option.help} (default: {default})"
                kind, option, default = kind | None, replace(option, help=words), None
            options[one.name] = (Annotated[kind, _flagged(one.name, option)], default)

    def gathered(given: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in given.items() if not (unset and value is None)}
        return {name: _names(value) if name in listed and value is not None else value for name, value in kept.items()}

    return Group(options, gathered)


def _flagged(name: str, option: Option) -> Any:
    own = () if any(flag.startswith("--") for flag in option.flags) else (f"--{name.replace('_', '-')}",)
    return typer.Option(
        *own, *option.flags, help=option.help, rich_help_panel=option.panel, min=option.least, max=option.most
    )


def _is_list(hint: Any) -> bool:
    return any(typing.get_origin(one) is tuple for one in (hint, *typing.get_args(hint)))


def _typed_in(hint: Any) -> Any:
    """What is typed for a setting: a list of names and a part of a search are a text."""
    kinds = typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,)
    if not _is_list(hint) and str not in kinds:
        return hint
    return str | None if type(None) in kinds else str


def _names(listed: str) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(name.strip() for name in listed.split(",")) if listed.strip() else ()


def _work(words: str, *flags: str, **more: Any) -> Any:
    return typer.Option(*flags, help=words, rich_help_panel="Work", **more)


SETTINGS = of_fields(Settings, Limits, Hyperparameters)
WORK = Group(
    {
        "workers": (
            Annotated[int | None, _work("Processes. (default: one for each core)", "--workers", "-w", min=1)],
            None,
        ),
        "executor": (
            Annotated[str | None, _work("serial, processes or dask. (default: processes)", "--executor")],
            None,
        ),
        "scheduler": (
            Annotated[
                str | None,
                _work(
                    "Address of a Dask scheduler (tcp://...). (default for dask: a cluster of this machine)",
                    "--scheduler",
                ),
            ],
            None,
        ),
    }
)
