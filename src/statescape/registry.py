"""Parts that have a name: built-in ones, those of installed packages, and those of a session.

A registry holds the parts of one kind: tasks, encodings, operators, lenses. Another package offers parts of its own by
entry points (its ``pyproject.toml`` names them in the group of the kind, such as ``statescape.tasks``), a session by
`Registry.register`. Installed packages are looked through only when names are listed or a name is not built in, and a
part is imported only when it is asked for by its name: a broken package breaks nothing but its own parts. A built-in
name stays what it is, whatever is installed.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, overload

from statescape.errors import StatescapeError, StatescapeWarning, unknown_name

Part = TypeVar("Part")


@dataclass(frozen=True)
class Origin:
    """Where a part that is not built in came from.

    Attributes:
        package: that offers or defines it; for a part of a script, ``__main__``.
        version: of the package; empty where it says none.
    """

    package: str
    version: str = ""

    def __str__(self) -> str:
        return f"the package {self.package} {self.version}" if self.version else f"the module {self.package}"


class Registry(Generic[Part]):
    """The parts of one kind, by name.

    Args:
        kind: one of them in a sentence ("task").
        group: of the entry points of other packages ("statescape.tasks").
        built_in: statescape's own parts, by name, in the order of lists.
    """

    def __init__(self, kind: str, group: str, built_in: Mapping[str, Part]) -> None:
        self.kind, self.group, self.built_in = kind, group, dict(built_in)
        self._registered: dict[str, Part] = {}

    def names(self) -> tuple[str, ...]:
        """All names: built-in ones, those of installed packages, those of the session."""
        return tuple(dict.fromkeys((*self.built_in, *self._offered, *self._registered)))

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or name in self._registered or name in self._offered

    def find(self, name: str) -> Part:
        """The part of a name.

        Raises:
            StatescapeError: for an unknown name (it names the nearest), one that two packages offer, or one whose
                package cannot be imported.
        """
        if name in self.built_in:
            return self.built_in[name]
        if name in self._registered:
            return self._registered[name]
        if name not in self._offered:
            raise unknown_name(self.kind, name, self.names())
        first, *others = self._offered[name]
        if others:
            raise StatescapeError(
                f"Two packages offer a {self.kind} {name!r}: {_origin(first)} and {_origin(others[0])}; uninstall one."
            )
        try:
            part: Part = first.load()
        except Exception as error:  # a package of somebody else's may raise anything
            raise StatescapeError(
                f"The {self.kind} {name!r} of {_origin(first)} cannot be loaded ({type(error).__name__}: "
                f"{' '.join(str(error).split())[:200]}); mend or uninstall that package."
            ) from None
        return part

    @overload
    def register(self, name: str) -> Callable[[Part], Part]: ...
    @overload
    def register(self, name: str, part: Part) -> Part: ...
    def register(self, name: str, part: Part | None = None) -> Part | Callable[[Part], Part]:
        """Give a part a name for this session; without a part, a decorator.

        Args:
            name: how it is asked for; one of the session's own may be given again to another part.
            part: what the kind asks for.

        Raises:
            StatescapeError: for a name that is built in or that an installed package offers.
        """
        if part is None:
            return lambda decorated: self.register(name, decorated)
        if name in self.built_in:
            raise StatescapeError(f"The {self.kind} {name!r} is built in; choose another name.")
        if name in self._offered:
            raise StatescapeError(
                f"The {self.kind} {name!r} is one of {_origin(self._offered[name][0])}; choose another name."
            )
        self._registered[name] = part
        return part

    def origin(self, name: str) -> Origin | None:
        """Where the part of a name came from; None for a built-in one.

        Raises:
            StatescapeError: for an unknown name.
        """
        if name in self.built_in:
            return None
        if name in self._registered:
            return origin_of(self._registered[name])
        if name in self._offered:
            return _origin(self._offered[name][0])
        raise unknown_name(self.kind, name, self.names())

    def require(self, name: str, origin: Origin | None) -> None:
        """Refuse to go on with a run whose part is not here, or is another version's.

        Args:
            name: of the part.
            origin: where it came from when the run began; None: it was built in.

        Raises:
            StatescapeError: where the part is missing or came from elsewhere; it says what to install.
        """
        if name not in self:
            if origin is None:
                raise unknown_name(self.kind, name, self.names())
            mend = f"install {origin.package}=={origin.version}" if origin.version else "register it again"
            raise StatescapeError(f"This run's {self.kind} {name!r} came from {origin}, which is not here; {mend}.")
        here = self.origin(name)
        if here != origin:
            began, now = (str(one or "statescape itself") for one in (origin, here))
            raise StatescapeError(
                f"This run's {self.kind} {name!r} came from {began}, here it comes from {now}: it may go on to another "
                "result; use what it began with."
            )

    @cached_property
    def _offered(self) -> dict[str, list[EntryPoint]]:
        """What installed packages offer under each name that is not built in, without importing them."""
        offered: dict[str, list[EntryPoint]] = {}
        for entry in sorted(entry_points(group=self.group), key=lambda one: (one.name, str(_origin(one)))):
            if entry.name in self.built_in:
                warnings.warn(
                    f"The {self.kind} {entry.name!r} of {_origin(entry)} is left out: statescape has one of that name.",
                    StatescapeWarning,
                    stacklevel=2,
                )
            elif entry not in offered.setdefault(entry.name, []):
                offered[entry.name].append(entry)
        return offered


def _origin(entry: EntryPoint) -> Origin:
    """The package of an entry point."""
    if entry.dist is None:
        return Origin(entry.module)
    return Origin(entry.dist.name, entry.dist.version)


def origin_of(part: object) -> Origin:
    """Where a part came from that is an object: the package that defines it, and its version where it says one."""
    package = str(getattr(part, "__module__", type(part).__module__)).partition(".")[0]
    version = getattr(sys.modules.get(package), "__version__", "")
    return Origin(package, version if isinstance(version, str) else "")
