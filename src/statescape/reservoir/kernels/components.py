"""Strongly connected components of a directed graph, compiled (Tarjan, SIAM J. Computing 1, 1972).

SciPy has them too; its sparse matrices alone cost more time, for graphs of fifty to some hundred nodes, than the
components themselves, and a search asks for them thousands of times a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from statescape.reservoir.kernels.compilation import kernel

Array = Any


@kernel
def strong_components(starts: Array, indices: Array, labels: Array) -> None:  # [n + 1], [edges], [n]
    """Label every node with the number of its component; `indices[starts[i]:starts[i + 1]]` are the neighbours of i.

    The direction of the edges does not matter for the components. Labels count from 0.
    """
    n = len(labels)
    order = np.full(n, -1, np.int64)  # when a node was first seen
    low = np.zeros(n, np.int64)
    on_stack = np.zeros(n, np.bool_)
    stack, path, cursor = np.empty(n, np.int64), np.empty(n, np.int64), starts[:-1].copy()
    seen = held = found = 0
    for root in range(n):
        if order[root] != -1:
            continue
        depth = 0
        path[0] = root
        while depth >= 0:
            node = path[depth]
            if order[node] == -1:
                order[node] = low[node] = seen
                seen += 1
                stack[held] = node
                held += 1
                on_stack[node] = True
            descended = False
            while cursor[node] < starts[node + 1]:
                neighbour = indices[cursor[node]]
                cursor[node] += 1
                if order[neighbour] == -1:
                    depth += 1
                    path[depth] = neighbour
                    descended = True
                    break
                if on_stack[neighbour]:
                    low[node] = min(low[node], order[neighbour])
            if descended:
                continue
            if low[node] == order[node]:
                while True:
                    held -= 1
                    member = stack[held]
                    on_stack[member] = False
                    labels[member] = found
                    if member == node:
                        break
                found += 1
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[node])
