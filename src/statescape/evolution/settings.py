"""The settings of a search, declared once: Python takes them, the journal keeps them, the command line is made of them.

A field says what it is, in words, with its bounds, its flags and the panel that the help shows it in; its annotation
says its kind. Nothing heavy is imported here, so that a help page is quick: what the names of parts mean (encoding,
strategy, operators) is found out in `parts`, before any work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from statescape.errors import StatescapeError, nearest, unknown_name
from statescape.evolution.slots import Named, OwnPart, Slot
from statescape.options import Keyword, asked, hints_of, keywords_of, require_allowed, require_kinds
from statescape.runs.plain import typed
from statescape.wording import Noun

SearchLevel: TypeAlias = Literal["matrix", "wiring", "mask", "weights"]
Radius: TypeAlias = Literal["rescale", "free", "gene"]
# The encoding whose genomes tell plans, and as some call it.
PLANS, ALSO_PLANS = "modules", "plan"
OBJECTIVES = (("error",), ("error", "edges"))
DEFAULT_GENERATIONS = 1000
LEAST_SEAL_TRIALS = 30
# Beyond these a generation would not fit into a large machine's memory.
MOST_UNITS, MOST_TRIALS = 20_000, 100_000


@dataclass(frozen=True)
class Hyperparameters(Noun):
    """What is set beside the wiring; names as in ReservoirPy.

    Attributes:
        sr: spectral radius that W is scaled to, under the radius policy "rescale".
        input_scaling: factor of the input weights.
        lr: leak rate.
        ridge: penalty of the readout.
        bias: of every unit.

    Raises:
        StatescapeError: for numbers that are not finite or out of range.
    """

    sr: float = asked(0.9, "Spectral radius.", panel="Network", least=0)
    input_scaling: float = asked(0.1, "Factor of the input weights.", panel="Network")
    lr: float = asked(1.0, "Leak rate, above 0 and up to 1.", panel="Network")
    ridge: float = asked(1e-8, "Penalty of the readout.", panel="Network", least=0)
    bias: float = asked(0.1, "Bias of every unit.", panel="Network")

    def __post_init__(self) -> None:
        require_kinds(self)
        require_allowed(self)
        if not 0 < self.lr <= 1:
            raise StatescapeError(f"lr lies above 0 and up to 1; got {self.lr:g}.")


@dataclass(frozen=True)
class Limits(Noun):
    """When a search ends: at the first of these that is reached.

    Attributes:
        generations: number of generations; 1000 where nothing is limited.
        trainings: networks trained and tested; None for no limit.
        seconds: of searching; None for no limit. The only limit that makes results depend on the machine.
        stagnation: generations in which the best candidate stays the same; None for no limit.

    Raises:
        StatescapeError: for a limit that is not above 0.
    """

    generations: int | None = asked(None, "(default: 1000 where nothing is limited)", "-g", panel="Limits", least=1)
    trainings: int | None = asked(None, "Networks trained.", panel="Limits", least=1)
    seconds: float | None = asked(None, "Of searching.", panel="Limits")
    stagnation: int | None = asked(None, "Generations with the same best.", panel="Limits", least=1)

    def __post_init__(self) -> None:
        require_kinds(self)
        given = [value for value in asdict(self).values() if value is not None]
        if any(not 0 < value < math.inf for value in given):
            raise StatescapeError("Generations, trainings, seconds and stagnation are limits above 0.")
        if not given:
            object.__setattr__(self, "generations", DEFAULT_GENERATIONS)

    def reached(self, generations: int, trainings: int, seconds: float, same: int) -> bool:
        """Whether a search that has come so far is over."""
        now = {"generations": generations, "trainings": trainings, "seconds": seconds, "stagnation": same}
        return any(limit is not None and now[name] >= limit for name, limit in asdict(self).items())


@dataclass(frozen=True)
class Settings(Noun):
    """The settings of a run.

    Attributes:
        task: where its task comes from (`source`); `evolve` fills it in.
        units: of every network; those of the encoding, where that is an object.
        encoding: how genomes become W: a name, or an object with the members of `encodings.Encoding`.
        level: what a trial of the search redraws: "matrix" (data), "wiring" (also W_in), "mask" (also weights); plans:
            "matrix", or "weights" (all that is drawn), which "wiring" stands for.
        radius: "rescale", "free" or "gene".
        evolve_inputs: whether W_in evolves; at *matrix* only.
        density: share of entries of random starts; None for one edge a unit.
        strategy: how it searches: a name, or a `Strategy`.
        seed: of everything random.
        trials: that the pool which children race on may grow to, 16 where None; with `racing` off, and for two
            objectives, of every generation, 4 where None.
        racing: whether children race their parents on a pool of common trials; else all trials are redrawn in every
            generation and survivors are scored again, as in 0.1.0.
        adapt: whether operators are used as often as they succeed.
        hyper: what is set beside the wiring, in one `Hyperparameters`.
        limits: when the search ends, in one `Limits`.
        compare: whether random search, hill climber and tuning of hyper-parameters get as many trainings.
        tune: whether champion and controls are tuned before they are sealed.
        seal_trials: for every seal.
        objectives: "error" alone, or "error" and "edges": as little error as possible for every number of edges.
        operators: names of those that make the children of `strategy`, or objects with the members of
            `operators.Operator`; None for the usual ones. Rivals keep theirs.
        offspring: of `strategy` in a generation, None for its own: 16, or 8 where trials are redrawn, with half as many
            survivors there. Many feed many workers; as many trainings come further with few.
        parts: what is not statescape's own among encoding, operators and strategy, which hold names alone; found out.

    Raises:
        StatescapeError: for numbers out of range, and choices that exclude each other.
    """

    task: Mapping[str, Any] = field(default_factory=dict)
    units: int = asked(100, "Units.", "-n", panel="Network", least=2)
    encoding: Named = asked(
        "ternary",
        "Search space, smallest first: circulant, circulant-real, blocks, binary, ternary, real; or modules: plans "
        "of reservoirs.",
        panel="Search",
    )
    level: SearchLevel = asked(
        "wiring",
        "What a trial redraws: matrix (data), wiring (also W_in), mask (also weights); of modules matrix or weights "
        "(all but the plan), which wiring stands for.",
        panel="Search",
    )
    radius: Radius = asked("rescale", "Spectral radius.", panel="Search")
    evolve_inputs: bool = asked(False, "Let W_in evolve (level matrix).", "--evolve-inputs", panel="Search")
    density: float | None = asked(None, "Density of random starts. (default: one edge a unit)", panel="Search")
    strategy: Named = asked("genetic", "genetic, mutation-only, random-search or hill-climber.", panel="Search")
    seed: int = asked(0, "Seed of everything random.", least=0)
    trials: int | None = asked(
        None,
        "Most trials of the pool. (default: 16; of a generation 4 with --redraw)",
        "-k",
        panel="Search",
        least=1,
    )
    adapt: bool = asked(True, "Use operators as often as they succeed.", "--adapt/--fixed-rates", panel="Search")
    hyper: Hyperparameters = field(default_factory=Hyperparameters)
    limits: Limits = field(default_factory=Limits)
    compare: bool = asked(
        True,
        "Give random search, hill climber and tuning the same budget (each takes as long as the search).",
        "--compare/--no-compare",
        panel="Seals",
    )
    tune: bool = asked(True, "Tune all alike before the seals.", "--tune/--no-tune", panel="Seals")
    seal_trials: int = asked(LEAST_SEAL_TRIALS, "Fresh trials of every seal.", panel="Seals", least=LEAST_SEAL_TRIALS)
    objectives: tuple[str, ...] = asked(
        ("error",), "error, or error,edges: as little error as possible for every number of edges.", panel="Search"
    )
    operators: tuple[Named, ...] | None = asked(
        None, "Which make children: add,delete,... (default: the usual ones that apply)", panel="Search"
    )
    offspring: int | None = asked(
        None,
        "Children of a generation. (default: 16; more feed a cluster)",
        panel="Search",
        least=1,
    )
    racing: bool = asked(
        True,
        "Children race their parents on a pool of trials, or every generation redraws all trials.",
        "--racing/--redraw",
        panel="Search",
    )
    parts: tuple[OwnPart, ...] = ()

    def __post_init__(self) -> None:
        require_kinds(self)
        self._name_parts()
        most = max(self.units / MOST_UNITS, max(self.trials or 0, self.seal_trials, self.offspring or 0) / MOST_TRIALS)
        if most > 1:
            raise StatescapeError(
                f"A search takes up to {MOST_UNITS:,} units and {MOST_TRIALS:,} trials, trials of a seal and offspring."
            )
        self._fit_level()
        require_allowed(self)
        if self.density is not None and not 0 < self.density <= 1:
            raise StatescapeError(f"The density is a share above 0 and up to 1; got {self.density:g}.")
        if self.evolve_inputs and self.level != "matrix":
            raise StatescapeError(
                f"W_in can evolve only at the level matrix: at {self.level} every trial redraws it; leave "
                "evolve_inputs out or take level='matrix'."
            )
        if self.objectives not in OBJECTIVES:
            known = " or ".join(",".join(names) for names in OBJECTIVES)
            odd = next((one for one in self.objectives if one not in OBJECTIVES[-1]), "")
            near = nearest(odd, OBJECTIVES[-1])
            raise StatescapeError(f"The objectives are {known}; got {','.join(self.objectives) or 'none'}{near}.")

    @property
    def planned(self) -> bool:
        """Whether plans are searched, in place of wirings."""
        return bool(self.encoding == PLANS)

    def _fit_level(self) -> None:
        """Levels of plans for plans, those of wirings for wirings."""
        if not self.planned:
            if self.level == "weights":
                raise StatescapeError("The level weights redraws plans: take it with the encoding modules.")
            return
        if self.level == "wiring":
            object.__setattr__(self, "level", "weights")
        if self.level == "mask":
            raise StatescapeError("Plans are searched at the level matrix or weights; got 'mask'.")
        if self.evolve_inputs or self.radius != "rescale":
            raise StatescapeError(
                "The modules of a plan have radii and input weights of their own; leave evolve_inputs and radius out."
            )

    def _name_parts(self) -> None:
        """Names in the slots, objects aside, and no more of these than are named."""
        given = {
            "encoding": (self.encoding,),
            "operator": self.operators or (),
            "strategy": (self.strategy,),
        }
        found = {(one.slot, one.name): one for one in self.parts}
        names: dict[str, tuple[str, ...]] = {}
        for slot, things in given.items():
            own = [one if isinstance(one, str) else OwnPart.of(cast("Slot", slot), one) for one in things]
            found |= {(one.slot, one.name): one for one in own if isinstance(one, OwnPart)}
            names[slot] = tuple(one if isinstance(one, str) else one.name for one in own)
            if len(set(names[slot])) < len(names[slot]):
                raise StatescapeError(f"Every {slot} needs a name of its own; got {', '.join(names[slot])}.")
        if not isinstance(self.encoding, str):
            object.__setattr__(self, "units", getattr(self.encoding, "units", self.units))
        encoding = names["encoding"][0]
        object.__setattr__(self, "encoding", PLANS if encoding == ALSO_PLANS else encoding)
        object.__setattr__(self, "strategy", names["strategy"][0])
        object.__setattr__(self, "operators", None if self.operators is None else names["operator"])
        object.__setattr__(self, "parts", tuple(one for one in found.values() if one.name in names[one.slot]))

    def own(self, slot: Slot, name: str) -> OwnPart | None:
        """What is known of a part that is not statescape's; None of one that is."""
        return next((one for one in self.parts if (one.slot, one.name) == (slot, name)), None)

    @property
    def objects(self) -> tuple[object, ...]:
        """The parts that were given as objects in this session."""
        return tuple(one.thing for one in self.parts if one.thing is not None)

    def changed(self, **changes: Any) -> Settings:
        """These settings with some others, each by its name, those of `hyper` and `limits` too.

        Args:
            changes: settings; one limit that is given takes the place of all limits.

        Raises:
            StatescapeError: for a name that no setting has, and as for settings that are made.
        """
        own = {name: changes.pop(name) for name in [*changes] if name in hints_of(Settings)}
        hyper = {name: changes.pop(name) for name in [*changes] if name in hints_of(Hyperparameters)}
        limits = {name: changes.pop(name) for name in [*changes] if name in hints_of(Limits)}
        for name in changes:
            raise unknown_name("setting", name, keywords())
        if hyper:
            own["hyper"] = replace(own.get("hyper", self.hyper), **hyper)
        if limits:
            own["limits"] = Limits(**limits)
        made = replace(self, **own)
        if made.units != own.get("units", made.units):
            raise StatescapeError(
                f"The encoding {made.encoding!r} makes networks of {made.units} units; leave units={own['units']} out."
            )
        return made

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain JSON; runs call the strategy an arm."""
        data = asdict(replace(self, parts=()))
        data["arm"] = data.pop("strategy")
        return {**data, "parts": [one.as_json() for one in self.parts]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """What `as_json` gave.

        Raises:
            StatescapeError: for anything else, and as for settings that are made.
        """
        try:
            named = {**_LATER, **{"strategy" if name == "arm" else name: value for name, value in data.items()}}
            parts = [{**one, "thing": None} for one in named["parts"]]
            return cast("Settings", typed(cls, {**named, "parts": parts}))
        except TypeError as error:
            raise StatescapeError(f"These are no settings of a run: {error}.") from error


# What runs lack that were begun before there was a choice.
_LATER: Mapping[str, Any] = {
    "objectives": ["error"],
    "operators": None,
    "offspring": None,
    "racing": False,
    "parts": [],
}


def keywords() -> dict[str, Keyword]:
    """Every setting that `Settings.changed` takes by its name."""
    limits = {name: replace(one, default=None) for name, one in keywords_of(Limits).items()}
    return {**keywords_of(Settings, without=("task", "parts")), **keywords_of(Hyperparameters), **limits}
