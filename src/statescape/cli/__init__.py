"""The front door: one module per command. The only place that prints, parses options and ends the process."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; every refusal is one line on stderr and exit status 2."""
    from statescape.cli.app import run

    sys.exit(run(sys.argv[1:]))
