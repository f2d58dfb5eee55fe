"""Arrays in, arrays out: paths, PCA, the sphere, similarity, subspaces, outliers. Knows no model and no reservoir."""

from statescape.geometry.path import Path

__all__ = ["Path"]
