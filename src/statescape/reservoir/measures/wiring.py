"""What a W looks like as a graph and as a matrix: spectrum, degrees, reciprocity, modularity.

An edge is a weight that is not zero; `W[i, j]` runs from unit j to unit i. Loops count in degrees and not in
reciprocity. Modularity as defined by Newman, PNAS 103 (2006), for directed weighted graphs by Leicht and Newman,
Phys. Rev. Lett. 100 (2008).
"""

from __future__ import annotations

import networkx as nx
import numpy as np
from jaxtyping import Bool, Complex, Float, Int


def spectrum(W: Float[np.ndarray, "units units"]) -> Complex[np.ndarray, " units"]:
    """The eigenvalues of W, largest magnitude first."""
    values = np.linalg.eigvals(W).astype(complex)
    return np.asarray(values[np.argsort(-np.abs(values), kind="stable")])


def in_degrees(W: Float[np.ndarray, "units units"]) -> Int[np.ndarray, " units"]:
    """How many units each unit hears."""
    return np.asarray(np.count_nonzero(W, axis=1))


def out_degrees(W: Float[np.ndarray, "units units"]) -> Int[np.ndarray, " units"]:
    """How many units hear each unit."""
    return np.asarray(np.count_nonzero(W, axis=0))


def reciprocity(W: Float[np.ndarray, "units units"]) -> float:
    """Share of edges between two units that are answered by an edge back; 0 without edges."""
    edges = W != 0
    np.fill_diagonal(edges, False)
    n_edges = np.count_nonzero(edges)
    return float(np.count_nonzero(edges & edges.T) / n_edges) if n_edges else 0.0


def on_cycles(W: Float[np.ndarray, "units units"]) -> Bool[np.ndarray, " units"]:
    """Which units lie on a cycle, self-loops included: what they say comes back to them."""
    graph = nx.from_numpy_array((W.T != 0).astype(float), create_using=nx.DiGraph)
    found = np.diag(W) != 0
    for members in nx.strongly_connected_components(graph):
        if len(members) > 1:
            found[list(members)] = True
    return np.asarray(found)


def modularity(W: Float[np.ndarray, "units units"]) -> float:
    """How much heavier edges are within communities than by chance; weights enter by their magnitude.

    Communities are found by merging greedily what raises modularity most (Clauset, Newman and Moore, Phys. Rev. E 70,
    2004): no random numbers, and it always ends (networkx's Louvain can cycle for ever on weights that tie).
    """
    graph = nx.from_numpy_array(np.abs(W.T), create_using=nx.DiGraph)
    if not graph.number_of_edges():
        return 0.0
    communities = nx.community.greedy_modularity_communities(graph, weight="weight")
    return float(nx.community.modularity(graph, communities, weight="weight"))
