"""Real data for tests: the shared folder beside the project, else an excerpt in `tests/data`, else a skip by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
EXCERPTS = ROOT / "tests" / "data"


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
