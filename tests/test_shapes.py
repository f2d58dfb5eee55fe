"""The suite's own shape checks: the first calls of a function in every test, not those of the first test alone."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from statescape.views.language.lens_table import _thousandths
from tests import shapes


def test_wrong_types_are_refused_again_in_the_next_test():
    right, wrong = np.ones(8), np.ones(8, dtype=int)
    for _ in range(3):
        shapes.begin_test()
        with pytest.raises(TypeCheckError):
            _thousandths(wrong)
        for _ in range(2 * shapes.CALLS):
            _thousandths(right)


@pytest.mark.parametrize(("calls", "refused"), [(100, False), (0, True)])
def test_calls_after_the_first_are_checked_where_every_call_is_asked_for(monkeypatch, calls, refused):
    monkeypatch.setattr(shapes, "CALLS", calls)
    shapes.begin_test()
    for _ in range(150):
        _thousandths(np.ones(8))
    if refused:
        with pytest.raises(TypeCheckError):
            _thousandths(np.ones(8, dtype=int))
    else:
        _thousandths(np.ones(8, dtype=int))
