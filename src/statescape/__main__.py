"""``python -m statescape``, the same as ``statescape``."""

from statescape.cli import main

main()
