"""The slots of a search, which take a name or an object: encoding, operators, strategy.

Settings keep names. What is not statescape's own is written down beside them, so that a run knows who made its parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from statescape.errors import StatescapeError

Slot: TypeAlias = Literal["encoding", "operator", "strategy"]


@runtime_checkable
class SearchPart(Protocol):
    """What stands in a slot of a search, as an object in place of a name."""

    @property
    def name(self) -> str:
        """How runs and tables call it."""


if TYPE_CHECKING:
    Named: TypeAlias = Any
else:
    Named = str | SearchPart  # given as either, read as a name


@dataclass(frozen=True)
class OwnPart:
    """A part of a search that is not statescape's, and where it came from.

    Attributes:
        slot: "encoding", "operator" or "strategy".
        name: how the settings call it.
        maker: its class, or the function that makes it: "module:name".
        package: that it belongs to; for a part of a script, ``__main__``.
        version: of the package; empty where it says none.
        by_name: whether it was asked for by its name, so that it is found again where its package is.
        thing: the part, where it was given as an object; None where a run has only told of it.
    """

    slot: Slot
    name: str
    maker: str
    package: str = ""
    version: str = ""
    by_name: bool = False
    thing: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, slot: Slot, thing: Any) -> OwnPart:
        """An object that was given for a slot.

        Raises:
            StatescapeError: where it has no name, or is a class.
        """
        name = getattr(thing, "name", None)
        if isinstance(thing, type) or not isinstance(name, str) or not name:
            kind = thing.__name__ if isinstance(thing, type) else type(thing).__name__
            raise StatescapeError(f"An {slot} of your own is an object with a name; got {kind}.".replace("An s", "A s"))
        return cls(slot, name, f"{type(thing).__module__}:{type(thing).__qualname__}", thing=thing)

    def as_json(self) -> dict[str, Any]:
        """Where it came from, as plain JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "thing"}
