"""A name that is nearly right is answered with the right one, whatever kind of name it is."""

from collections.abc import Callable

import numpy as np
import pytest

import statescape as ss
from statescape.cli.app import run
from statescape.geometry import Normalisation, Sphere
from statescape.wording import speaking

STATES = np.random.default_rng(0).normal(size=(6, 8))


def _path() -> ss.StatePath:
    return ss.StatePath.from_arrays(STATES[:3], STATES)


KINDS: dict[str, tuple[Callable[[], object], str]] = {
    "task": (lambda: ss.tasks.open("narma-10"), "narma10"),
    "level": (lambda: ss.evolve("narma10", level="wirings"), "wiring"),
    "radius of a search": (lambda: ss.evolve("narma10", radius="rescaled"), "rescale"),
    "radius of a wiring": (lambda: ss.Topology(np.eye(3), radius="fre"), "free"),
    "encoding": (lambda: ss.evolve("narma10", encoding="ternery"), "ternary"),
    "strategy": (lambda: ss.evolve("narma10", strategy="random-serch"), "random-search"),
    "operator": (lambda: ss.evolve("narma10", operators=["flipp"]), "flip"),
    "objectives": (lambda: ss.evolve("narma10", objectives=("error", "edge")), "edges"),
    "setting": (lambda: ss.evolve("narma10", unit=20), "units"),
    "executor": (lambda: ss.evolve("narma10", executor="seriel"), "serial"),
    "study": (lambda: ss.study("stabilty"), "stability"),
    "budget": (lambda: ss.study("stability", budget="quik"), "quick"),
    "topology": (lambda: ss.esn("narma10", topology="src"), "SCR"),
    "activation": (lambda: ss.EchoStateNetwork(units=3, activation="tanhh"), "tanh"),
    "pooling": (lambda: ss.EchoStateNetwork(units=3, pooling="means"), "mean"),
    "parameter": (lambda: ss.EchoStateNetwork(units=3).set_params(rigde=1.0), "ridge"),
    "normalisation": (lambda: Normalisation.fit(STATES, "dimensions"), "dimension"),
    "origin": (lambda: Sphere.fit(STATES, origin="zeros"), "zero"),
    "language": (lambda: speaking("fre").__enter__(), "fr"),
    "target of a cosine": (lambda: _path().cosine("predictd"), "predicted"),  # type: ignore[arg-type]
    "part of statescape": (lambda: ss.evolv, "evolve"),
    "part of a room": (lambda: ss.evolution.Evoluton, "Evolution"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_nearest_name_of_its_kind_is_suggested(kind: str) -> None:
    ask, meant = KINDS[kind]
    with pytest.raises((ss.StatescapeError, AttributeError), match=f"[Dd]id you mean '?{meant}'?[?]"):
        ask()


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("evolve narma10 --level wirng", "wiring"),
        ("evolve narma10 --radius fre", "free"),
        ("evolve narma10 --executor dusk", "dask"),
        ("evolv narma10", "evolve"),
        ("esn narma10 --topology src", "SCR"),
        ("study stability --language eng", "en"),
    ],
)
def test_the_command_line_suggests_the_nearest_name(line: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line.split()) == 2
    assert f"did you mean {meant.lower()}?" in capsys.readouterr().err.replace("'", "").lower()
