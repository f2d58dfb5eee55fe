"""What the benchmarks share: where results go, and the machine they were measured on."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """What is needed to read a figure later."""
    return {"python": platform.python_version(), "processor": platform.processor(), "cores": os.cpu_count()}


def write(name: str, data: Any, *, quiet: bool = False) -> Path:
    """Write ``results/{name}.json``, whole or not at all, with the machine beside the data."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps({"machine": machine(), "results": data}, indent=1) + "\n")
    partial.replace(file)
    if not quiet:
        print(f"wrote {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return file
