"""The hyperbolic tangent of eight numbers at once, within two units in the last place.

`tanh z = e / (e + 2)` with `e = exp(2z) - 1`. The argument is reduced to `2z = k ln 2 + r`, `|r| <= ln 2 / 2` (Cody and
Waite 1980, ln 2 in two parts), `exp(r) - 1` is its Taylor polynomial (the first term left out is below 4e-18 in float64
and 4e-9 in float32), and `e = 2**k (exp(r) - 1) + (2**k - 1)` never cancels for small z. NaN stays NaN.
"""

from __future__ import annotations

from typing import Any

from numba import njit, types
from numba.extending import overload

from statescape.reservoir.kernels.lanes import Lanes, at_least, at_most, multiply_add, power_of_two

_LOG2_E = 1.4426950408889634
# Adding and subtracting 1.5 * 2**mantissa_bits rounds to an integer and leaves it in the low bits.
_ROUND_64, _ROUND_32 = 6755399441055744.0, 12582912.0
_LN2_HIGH_64, _LN2_LOW_64 = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LN2_HIGH_32, _LN2_LOW_32 = 0.693359375, -2.12194440e-4
# tanh rounds to 1 beyond these.
_BOUND_64, _BOUND_32 = 20.0, 10.0


@njit  # type: ignore[untyped-decorator]
def _tanh_64(z: Any) -> Any:
    y = at_least(at_most(z, _BOUND_64), -_BOUND_64)
    y = y + y
    shifted = multiply_add(y, _LOG2_E, _ROUND_64)
    k = shifted - _ROUND_64
    r = multiply_add(k, -_LN2_LOW_64, multiply_add(k, -_LN2_HIGH_64, y))
    p = multiply_add(r, 1 / 6227020800, 1 / 479001600)
    p = multiply_add(p, r, 1 / 39916800)
    p = multiply_add(p, r, 1 / 3628800)
    p = multiply_add(p, r, 1 / 362880)
    p = multiply_add(p, r, 1 / 40320)
    p = multiply_add(p, r, 1 / 5040)
    p = multiply_add(p, r, 1 / 720)
    p = multiply_add(p, r, 1 / 120)
    p = multiply_add(p, r, 1 / 24)
    p = multiply_add(p, r, 1 / 6)
    p = multiply_add(p, r, 0.5)
    p = multiply_add(p * r, r, r)
    scale = power_of_two(shifted)
    e = multiply_add(scale, p, scale - 1.0)
    return e / (e + 2.0)


@njit  # type: ignore[untyped-decorator]
def _tanh_32(z: Any) -> Any:
    y = at_least(at_most(z, _BOUND_32), -_BOUND_32)
    y = y + y
    shifted = multiply_add(y, _LOG2_E, _ROUND_32)
    k = shifted - _ROUND_32
    r = multiply_add(k, -_LN2_LOW_32, multiply_add(k, -_LN2_HIGH_32, y))
    p = multiply_add(r, 1 / 5040, 1 / 720)
    p = multiply_add(p, r, 1 / 120)
    p = multiply_add(p, r, 1 / 24)
    p = multiply_add(p, r, 1 / 6)
    p = multiply_add(p, r, 0.5)
    p = multiply_add(p * r, r, r)
    scale = power_of_two(shifted)
    e = multiply_add(scale, p, scale - 1.0)
    return e / (e + 2.0)


def tanh(z: Any) -> Any:
    """The hyperbolic tangent of `Lanes`; exists in compiled code only."""
    raise NotImplementedError


@overload(tanh, strict=False)  # type: ignore[untyped-decorator]
def _choose(z: Any) -> Any:
    if not isinstance(z, Lanes):
        return None
    if z.dtype == types.float64:
        return lambda z: _tanh_64(z)
    return lambda z: _tanh_32(z)
