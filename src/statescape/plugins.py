"""What upper rooms can say or draw of a noun, looked up by its type when somebody asks.

A noun lives on a low floor: a path knows its states, an evolution its seals. Its conclusion, table, figures and page
are made higher up, and imports go down only. So every aspect below is a generic function without a body: upper rooms
register theirs for a type (`@conclusion.register`), and nouns, `views.report` and notebooks ask. A room is imported
when a thing that it speaks of is first asked for; which rooms speak of which nouns is known to the door alone
(`statescape/__init__.py`), which hands its table to `introduce`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch
from typing import Any, TypeVar

from statescape.errors import StatescapeError

F = TypeVar("F", bound=Callable[..., Any])


class Aspect:
    """One thing that can be said of many types: a generic function that upper rooms fill in.

    Args:
        what: for the refusal of a type that no room speaks of: "There is {what} of a {type}."
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._rooms: Mapping[str, Sequence[str]] = {}

        @singledispatch
        def unknown(thing: object, *_: Any, **__: Any) -> Any:
            raise StatescapeError(f"There is {self._what} of a {type(thing).__name__}.")

        self._known = unknown

    def register(self, function: F) -> F:
        """Take a function for the type of its first argument's annotation; used as a decorator."""
        self._known.register(function)
        return function

    def introduce(self, rooms: Mapping[str, Sequence[str]]) -> None:
        """Name the rooms to import before a type of these packages is spoken of."""
        self._rooms = rooms

    def __call__(self, thing: object, *arguments: Any, **options: Any) -> Any:
        """What the room of this type says.

        Raises:
            StatescapeError: where no room speaks of such a thing.
        """
        self._open_rooms_of(type(thing))
        return self._known(thing, *arguments, **options)

    def speaks_of(self, thing: object) -> bool:
        """Whether any room has something to say of this thing."""
        self._open_rooms_of(type(thing))
        return self._known.dispatch(type(thing)) is not self._known.dispatch(object)

    def _open_rooms_of(self, kind: type) -> None:
        """Import the rooms that speak of a type, if they are not yet there."""
        for base in kind.__mro__:
            for package, rooms in self._rooms.items():
                if f"{base.__module__}.".startswith(f"{package}."):
                    for room in rooms:
                        importlib.import_module(room)


reading = Aspect("no reading")
"""All numbers of a thing, measured when they are first asked for."""

conclusion = Aspect("no conclusion")
"""What a thing says, in sentences computed from its numbers: one `str`."""

table = Aspect("no table")
"""The numbers that the command line prints, as a pandas data frame."""

report = Aspect("no report")
"""Write the page of a thing into a file; returns the file."""

pictures = Aspect("no figures")
"""All pictures of a thing, in the order of its page."""

cell = Aspect("no picture for a notebook's cell")
"""What a notebook's cell shows of a thing: HTML with table, sentence and a small figure."""

model = Aspect("no model to read")
"""A model that can be read, of a network of some library and its tokenizer."""
