"""Commands on language models say what they do before they import torch, which takes seconds."""

import subprocess
import sys

import pytest

PAIR = ["The capital of France is", "The capital of Italy is"]
CODE = """
import os, sys
from statescape.cli import console

def first(self):
    os.write(1, f"torch imported: {'torch' in sys.modules}".encode())
    os._exit(0)

console.Working.__enter__ = first
sys.argv = ["statescape", *sys.argv[1:]]
from statescape.cli import main
main()
"""


@pytest.mark.parametrize(
    "command", [["path", PAIR[0]], ["contrast", *PAIR], ["patch", *PAIR], ["live"]], ids=lambda c: c[0]
)
def test_something_is_said_before_torch_is_imported(command: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", CODE, *command], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "torch imported: False", ran.stderr
