"""Every public name says what it is, which shapes it takes and what it refuses; the API page holds them all."""

import ast
import importlib
import inspect
import os
import re
import runpy
import subprocess
import sys
import textwrap
import types

import pytest

from tests.documents import ROOT

SCRIPT = ROOT / "docs" / "api.py"
MODULES = runpy.run_path(str(SCRIPT))["MODULES"]
PUBLIC = {
    module: {name: getattr(importlib.import_module(module), name) for name in importlib.import_module(module).__all__}
    for module in MODULES
}
THINGS = {
    thing
    for names in PUBLIC.values()
    for thing in names.values()
    if isinstance(thing, type) or inspect.isroutine(thing)
}
CLASSES = {thing.__qualname__: thing for thing in THINGS if isinstance(thing, type)}


def _methods(owner: type) -> dict[str, types.FunctionType]:
    """Public methods and properties that a class defines."""
    found = {}
    for name, value in vars(owner).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if not name.startswith("_") and isinstance(function, types.FunctionType):
            found[f"{owner.__qualname__}.{name}"] = inspect.unwrap(function)
    return found


FUNCTIONS = {thing.__qualname__: inspect.unwrap(thing) for thing in THINGS if not isinstance(thing, type)}
for owner in CLASSES.values():
    FUNCTIONS.update(_methods(owner))


def _definition(thing: object) -> ast.ClassDef | ast.FunctionDef:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def _refuses(node: ast.AST) -> bool:
    raised = [ast.unparse(one) for one in ast.walk(node) if isinstance(one, ast.Raise)]
    return any("StatescapeError(" in one for one in raised)


def test_every_public_class_is_described() -> None:
    assert len(CLASSES) > 40
    # A dataclass without a docstring is given its own signature as one.
    bare = [name for name, one in CLASSES.items() if not one.__doc__ or one.__doc__.startswith(f"{one.__name__}(")]
    assert bare == []


def test_every_public_function_and_method_is_described() -> None:
    assert len(FUNCTIONS) > 150
    assert [name for name, function in FUNCTIONS.items() if not function.__doc__] == []


def test_a_function_that_refuses_says_so() -> None:
    refusing = {name: function for name, function in FUNCTIONS.items() if _refuses(_definition(function))}
    assert len(refusing) > 40
    assert [name for name, function in refusing.items() if "Raises:" not in function.__doc__] == []


def test_a_class_that_refuses_says_so() -> None:
    silent = []
    for name, owner in CLASSES.items():
        makers = [one for one in _definition(owner).body if getattr(one, "name", "") in ("__init__", "__post_init__")]
        told = owner.__doc__ + "".join(ast.get_docstring(one) or "" for one in makers)
        if any(map(_refuses, makers)) and "Raises:" not in told:
            silent.append(name)
    assert silent == []


def test_every_array_has_its_shape() -> None:
    with_arrays = {name: ast.unparse(_definition(function).args) for name, function in FUNCTIONS.items()}
    with_arrays = {name: arguments for name, arguments in with_arrays.items() if "ndarray" in arguments}
    assert len(with_arrays) > 30
    shaped = re.compile(r"\w+\[np\.ndarray, '[^']+'\]")
    assert [name for name, arguments in with_arrays.items() if "ndarray" in shaped.sub("", arguments)] == []


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    call = [sys.executable, "-W", "error::UserWarning", str(SCRIPT), str(folder)]
    built = subprocess.run(call, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.parametrize("module", MODULES)
def test_the_api_page_holds_every_public_name(pages, module) -> None:
    page = (pages / f"{module.replace('.', '/')}.html").read_text(encoding="utf-8")
    above = f"{module.rpartition('.')[0]}."  # links are relative to the page
    places = {
        name: f"{thing.__name__.removeprefix(above).replace('.', '/')}.html"
        if isinstance(thing, types.ModuleType)
        else f'id="{name}"'
        for name, thing in PUBLIC[module].items()
    }
    assert [name for name, place in places.items() if place not in page] == []
