"""Arrays in, arrays out: paths, PCA, the sphere, similarity, subspaces, outliers. Knows no model and no reservoir."""

from statescape.arguments import opened
from statescape.geometry.carrying import LinearMap
from statescape.geometry.course import Course, profiles, shuffled_steps
from statescape.geometry.moments import Moments
from statescape.geometry.normalisation import Normalisation, unit
from statescape.geometry.outliers import dimension_shares, far_norms, robust_z, rogue_dimensions, spikes
from statescape.geometry.path import Path
from statescape.geometry.pca import PCA
from statescape.geometry.rows import Multiple, Rows
from statescape.geometry.similarity import (
    Null,
    best_of_isotropic,
    cosine,
    cosine_contributions,
    cosine_to,
    random_row_null,
    without,
)
from statescape.geometry.sphere import Sphere
from statescape.geometry.subspaces import Subspace, principal_angles

__all__ = [
    "PCA",
    "Course",
    "LinearMap",
    "Moments",
    "Multiple",
    "Normalisation",
    "Null",
    "Path",
    "Rows",
    "Sphere",
    "Subspace",
    "best_of_isotropic",
    "cosine",
    "cosine_contributions",
    "cosine_to",
    "dimension_shares",
    "far_norms",
    "principal_angles",
    "profiles",
    "random_row_null",
    "robust_z",
    "rogue_dimensions",
    "shuffled_steps",
    "spikes",
    "unit",
    "without",
]

opened(globals())
