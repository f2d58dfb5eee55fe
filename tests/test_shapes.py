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
