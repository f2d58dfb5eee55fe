"""The sphere: every token of the vocabulary as a direction, coloured by its probability, with the path over it.

One ES module (`js/`, joined in `module`) serves three hosts: a part of the report, a bare page and a notebook widget.
"""

from statescape.views.sphere.data import SphereData
from statescape.views.sphere.page import sphere_fragment, sphere_page
from statescape.views.sphere.widget import sphere

__all__ = ["SphereData", "sphere", "sphere_fragment", "sphere_page"]
