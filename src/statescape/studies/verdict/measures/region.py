"""H4: do the states lie where embeddings lie? Energy outside the embedding subspace, and principal angles to it.

Energy inside is ``|P(s - mu)|^2 / |s - mu|^2`` with P the projection on the embeddings' principal subspace. Principal
angles are those between the span of a path's states and that subspace: with Q an orthonormal basis of the span, the
squared cosines are the eigenvalues of ``Q' P Q``.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.geometry import Subspace
from statescape.language.passage import Passage
from statescape.studies.verdict.reference import Reference


def measure_region(passage: Passage, reference: Reference) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Energy outside by state, and the first and last principal angle in degrees."""
    states, width = passage.states, passage.states.shape[2]
    subspace = reference.subspace
    outside = 1.0 - subspace.energy_inside(states.reshape(-1, width)).reshape(states.shape[:2])
    of_current = 1.0 - subspace.energy_inside(reference.rows(passage.current_ids))
    after_blocks = outside[1:].mean(axis=0) if len(outside) > 1 else outside[0]
    first, last = principal_angles_of_paths(states, subspace)
    values = {
        "H4": after_blocks - of_current,
        "outside.states": after_blocks,
        "outside.current": of_current,
        "outside.s_0": outside[0],
        "outside.s_L": outside[-1],
        "outside.embeddings": np.full(len(of_current), reference.outside_of_embeddings),
        "outside.isotropic": np.full(len(of_current), 1.0 - subspace.isotropic_expectation),
        "angle.first": first,
        "angle.last": last,
    }
    return values, {"outside": outside}


def principal_angles_of_paths(
    states: Float[np.ndarray, "states positions d_model"], subspace: Subspace
) -> tuple[Float[np.ndarray, " positions"], Float[np.ndarray, " positions"]]:
    """Smallest and largest principal angle between the span of each path and the subspace, in degrees."""
    span = np.moveaxis(np.asarray(states, dtype=np.float64), 0, 2)  # [positions, d_model, states]
    # A huge state must not drown the directions of the small ones: only directions count.
    lengths = np.linalg.norm(span, axis=1, keepdims=True)
    basis, _ = np.linalg.qr(span / np.where(lengths > 0, lengths, 1.0))
    inside = subspace.basis @ basis
    cosines = np.sqrt(np.clip(np.linalg.eigvalsh(np.swapaxes(inside, 1, 2) @ inside), 0.0, 1.0))
    return np.degrees(np.arccos(cosines[:, -1])), np.degrees(np.arccos(cosines[:, 0]))
