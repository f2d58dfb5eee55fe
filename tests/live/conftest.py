"""One small model for all answers about texts, and a server that has it."""

from collections.abc import Iterator

import pytest

from statescape.language import load_model
from statescape.live.shelf import Shelf
from tests.live.serving import Served, in_thread


@pytest.fixture(scope="module")
def model():
    return load_model("tests/data/models/stories260K")


@pytest.fixture(scope="module")
def served(model) -> Iterator[Served]:
    with in_thread(Shelf(["story"], lambda _: model)) as found:
        yield found
