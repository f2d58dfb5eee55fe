"""Arguments of a class by scikit-learn's conventions: they can be asked for, changed and copied."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

import numpy as np

from statescape.errors import StatescapeError, nearest
from statescape.wording import brief

Own = TypeVar("Own", bound="Parameters")


class Parameters:
    """What a class has by keeping the arguments of its constructor in `_parameters`."""

    _parameters: dict[str, Any]

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's signature
        """The arguments it was made with, as scikit-learn's `clone` and searches ask for them."""
        return dict(self._parameters)

    def set_params(self: Own, **parameters: Any) -> Own:
        """Change arguments; weights are drawn again, and what was trained is forgotten.

        Raises:
            StatescapeError: for an unknown argument, or a value out of range.
        """
        known = tuple(self._parameters)
        for name in parameters:
            if name not in known:
                has = f"{nearest(name, known)}. It has: {', '.join(known)}."
                raise StatescapeError(f"An {type(self).__name__} has no parameter {name!r}{has}")
        # Made apart first: one that is refused leaves this one as it was.
        vars(self).update(vars(type(self)(**{**self._parameters, **parameters})))
        return self

    def clone(self: Own) -> Own:
        """An untrained one of the same arguments; without a seed its weights are drawn anew."""
        return type(self)(**self._parameters)

    def _in_words(self) -> str:
        """The arguments that are not the default's."""
        defaults = inspect.signature(type(self)).parameters
        return ", ".join(
            f"{name}={_brief(value)}"
            for name, value in self._parameters.items()
            if not (np.isscalar(value) or value is None) or value != defaults[name].default
        )


def _brief(value: Any) -> str:
    shape = getattr(value, "shape", ())
    return f"array[{', '.join(map(str, shape))}]" if shape else brief(repr(value), 40)
