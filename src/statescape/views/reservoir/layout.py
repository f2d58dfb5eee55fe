"""Where the units of a wiring stand, so that its order shows: cycles round, chains straight, communities apart.

Every connected part is laid out by itself and the parts are packed side by side, with edges about equally long in all.
A part with few edges is unfolded by stress majorization (Gansner, Koren and North, GD 2004) of its hop distances, from
classical scaling; one with many by springs (Fruchterman and Reingold 1991). One W always gives one picture.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Bool, Float, Int
from scipy.sparse.csgraph import connected_components, shortest_path

UNFOLDED_UP_TO = 300  # units; more stand on a circle
FEW_EDGES = 3  # for each unit
ROUNDS = 200
GAP = 1.2  # between parts, in edges


def places(W: Float[np.ndarray, "units units"]) -> Float[np.ndarray, "units 2"]:
    """Where each unit stands, in edge lengths, centred."""
    linked = (W != 0) | (W != 0).T
    np.fill_diagonal(linked, False)
    count, part = connected_components(scipy.sparse.csr_array(linked), directed=False)
    found = np.zeros((len(W), 2))
    members = [np.flatnonzero(part == label) for label in range(count)]
    members.sort(key=lambda one: (-len(one), int(one[0])))
    boxes = [_upright(_part(linked[np.ix_(one, one)])) for one in members]
    for one, own, corner in zip(members, boxes, _packed([np.ptp(box, axis=0) for box in boxes]), strict=True):
        found[one] = own - own.min(axis=0) + corner
    return np.asarray(found - (found.min(axis=0) + found.max(axis=0)) / 2.0)


def _part(linked: Bool[np.ndarray, "n n"]) -> Float[np.ndarray, "n 2"]:
    """One connected part."""
    n = len(linked)
    if n < 3:
        return np.column_stack([np.arange(n, dtype=np.float64), np.zeros(n)])
    if n > UNFOLDED_UP_TO:
        radius = n / (2.0 * np.pi)
        angle = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
        return radius * np.column_stack([np.cos(angle), np.sin(angle)])[np.argsort(along(linked))]
    if linked.sum() / 2 <= FEW_EDGES * n:
        return _unfolded(shortest_path(scipy.sparse.csr_array(linked), unweighted=True))
    graph = nx.from_numpy_array(linked.astype(float))
    start = _scaled(shortest_path(scipy.sparse.csr_array(linked), unweighted=True))
    start = start / (np.abs(start).max() or 1.0)
    drawn = nx.spring_layout(graph, pos=dict(enumerate(start)), seed=0, iterations=100)
    own = np.array([drawn[unit] for unit in range(n)])
    sources, targets = np.nonzero(linked)
    return np.asarray(own / np.median(np.linalg.norm(own[sources] - own[targets], axis=1)))


def _unfolded(distances: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n 2"]:
    """Stress majorization: places whose distances are the hops, near ones weighing most."""
    n = len(distances)
    away = distances + np.eye(n)
    weights = away**-2.0 - np.eye(n)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    own = _scaled(distances)
    # Units that stand exactly alike would never part.
    angle = 2.4 * np.arange(n)
    own = own + 0.01 * np.column_stack([np.cos(angle), np.sin(angle)])
    for _ in range(ROUNDS):
        apart = np.linalg.norm(own[:, None] - own[None], axis=2) + np.eye(n)
        pull = -weights * distances / np.maximum(apart, 1e-9)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        own = inverse @ (pull @ own)
    return np.asarray(own)


def _scaled(distances: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n 2"]:
    """Classical scaling of distances to the plane, signs fixed."""
    n = len(distances)
    centring = np.eye(n) - 1.0 / n
    gram = -0.5 * centring @ distances**2 @ centring
    values, vectors = scipy.linalg.eigh(gram, subset_by_index=(n - 2, n - 1))
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), [0, 1]])
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))[:, ::-1]


def along(linked: Bool[np.ndarray, "n n"]) -> Int[np.ndarray, " n"]:
    """The units of a connected part in the order of its Fiedler vector."""
    graph = linked.astype(np.float64)
    laplacian = np.diag(graph.sum(axis=1)) - graph
    fiedler = scipy.linalg.eigh(laplacian, subset_by_index=(1, 1))[1][:, 0]
    # The sign of an eigenvector is free; so fixed, one W has one order.
    return np.argsort(fiedler * np.sign(fiedler[np.abs(fiedler).argmax()]), kind="stable")


def _upright(own: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
    """Turned so that it is longest from left to right."""
    if len(own) < 3:
        return own
    centred = own - own.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    axes = axes * np.sign(axes[[0, 1], np.abs(axes).argmax(axis=1)])[:, None]
    return np.asarray(centred @ axes.T)


def _packed(sizes: list[Float[np.ndarray, " 2"]]) -> list[Float[np.ndarray, " 2"]]:
    """Lower left corners of boxes, largest first, in rows of the width that comes nearest to a square."""
    widest = max(float(size[0]) for size in sizes)
    tried = [_rows(sizes, width) for width in widest * np.array([1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0, 3.0])]
    return min(tried, key=lambda corners: float(_extent(sizes, corners).max()))


def _extent(sizes: list[Float[np.ndarray, " 2"]], corners: list[Float[np.ndarray, " 2"]]) -> Float[np.ndarray, " 2"]:
    """Width and height of boxes that are packed."""
    low, high = np.min(corners, axis=0), np.max(np.array(corners) + np.array(sizes), axis=0)
    return np.asarray(high - low)


def _rows(sizes: list[Float[np.ndarray, " 2"]], width: float) -> list[Float[np.ndarray, " 2"]]:
    """Rows of boxes no wider than a width."""
    corners, x, y, tall = [], 0.0, 0.0, 0.0
    for size in sizes:
        if x > 0 and x + size[0] > width + 1e-9:
            x, y, tall = 0.0, y - tall - GAP, 0.0
        corners.append(np.array([x, y - size[1]]))
        x, tall = x + float(size[0]) + GAP, max(tall, float(size[1]))
    return corners
