"""The sphere: every token of the vocabulary as a direction, coloured by its probability, with the path over it.

One ES module (`js/`, joined in `module`) serves three hosts: a part of the report, a bare page and a notebook widget.
The room is not called sphere, because importing it would put it in the place of the function ``views.sphere``.
"""

from statescape.views.globe.data import SphereData
from statescape.views.globe.page import sphere, sphere_block, sphere_fragment, sphere_page, sphere_text

__all__ = ["SphereData", "sphere", "sphere_block", "sphere_fragment", "sphere_page", "sphere_text"]
