"""The command line with studies of seconds: ``python -m tests.cli.tiny study values``."""

import sys

import pytest

from statescape.cli.app import run
from tests.kept import make_studies_tiny

if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        make_studies_tiny(patch)
        status = run(sys.argv[1:])
    sys.exit(status)
