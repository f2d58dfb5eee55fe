"""The sphere: every token of the vocabulary as a direction, coloured by its probability, with the path over it.

One ES module (`js/`, joined in `module`) serves three hosts: a part of the report, a bare page and a notebook widget.
"""

import sys
from types import ModuleType
from typing import Any

from statescape.language import StatePath
from statescape.views.sphere.data import SphereData
from statescape.views.sphere.page import sphere_fragment, sphere_page
from statescape.views.sphere.widget import sphere

__all__ = ["SphereData", "sphere", "sphere_fragment", "sphere_page"]


class _Room(ModuleType):
    """Importing this package puts it where ``views.sphere`` is looked up, so calling it must be calling `sphere`."""

    def __call__(self, path: StatePath, *, origin: str = "mean") -> Any:
        return sphere(path, origin=origin)


sys.modules[__name__].__class__ = _Room
