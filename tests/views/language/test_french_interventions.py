"""French pages of interventions: numbers as French writes them, tokens in French quotes."""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from statescape.language import (
    TextPair,
    contrast,
    load_model,
    patch,
    patch_pairs,
    steer,
)
from statescape.language.ablating import ablate
from statescape.language.corpus import read_corpus
from statescape.views.core.page import TableBlock
from statescape.views.language import ablation_page, contrast_page, patch_page, steer_page
from statescape.wording import speaking

DOG, CAT = "The dog was very", "The cat was very"


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model("tests/data/models/stories260K")


def ablated(model: Any, tmp_path: Any) -> Any:
    file = tmp_path / "texts.jsonl"
    file.write_text("\n".join(json.dumps({"text": f"{text} happy and went home."}) for text in (DOG, CAT)))
    return ablation_page.page_of(ablate(model, read_corpus([str(file)])))


PAGES: dict[str, Callable[[Any, Any], Any]] = {
    "contrast": lambda model, _: contrast_page.page_of(contrast(model, DOG, CAT)),
    "patch": lambda model, _: patch_page.page_of(patch(model, DOG, CAT)),
    "pairs": lambda model, _: patch_page.page_of_pairs(patch_pairs(model, [TextPair(DOG, CAT), TextPair(CAT, DOG)])),
    "steer": lambda model, _: steer_page.page_of(steer(model, DOG, np.ones(model.facts.d_model), strength=0.5)),
    "ablate": ablated,
}


@pytest.mark.parametrize("kind", PAGES)
def test_numbers_and_quotes_are_french(model: Any, tmp_path: Any, kind: str):
    with speaking("fr"):
        page = PAGES[kind](model, tmp_path)
    cells = [
        str(cell)
        for section in page.sections
        for block in section.blocks
        if isinstance(block, TableBlock)
        for row in block.rows
        for cell in row
    ]
    said = [*cells, *(value for name, value in page.facts if name != "modèle"), *page.answer]
    assert not [text for text in said if re.search(r"\d\.\d|\d%|‘", text)]
    assert any(re.search(r"\d,\d|\d\u202f%", text) for text in said)
