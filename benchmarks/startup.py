"""How long a user waits for the command line: `statescape --help`, `import statescape`, `statescape path` on conteur.

Goals: help under 0.3 s, import under 0.1 s, path under 8 s from start to end. Beside them the bare interpreter and the
import of torch and transformers, which is most of a path. Whole processes, interleaved; medians and ranges.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import write

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import statescape": ["-c", "import statescape"],
    "statescape --help": ["-m", "statescape", "--help"],
    "import torch, transformers": ["-c", "import torch; from transformers import AutoModelForCausalLM, AutoTokenizer"],
    "statescape path": ["-m", "statescape", "path", "Once upon a time, there was a little"],
}
GOALS = {"import statescape": 0.1, "statescape --help": 0.3, "statescape path": 8.0}


def seconds(arguments: list[str]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main(rounds: int = 5) -> None:
    """Measure, print, write."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))
    rows = {}
    for name, values in times.items():
        median, goal = statistics.median(values), GOALS.get(name)
        verdict = "" if goal is None else f"  goal {goal} s: {'reached' if median <= goal else 'MISSED'}"
        print(f"{name:30s} median {median:6.3f} s  ({min(values):.3f} to {max(values):.3f}){verdict}")
        rows[name] = {"median": median, "min": min(values), "max": max(values), "goal": goal}
    write(Path(__file__).stem, rows)


if __name__ == "__main__":
    main()
