"""The sphere's numbers as JSON: small ones plainly, large ones deflated and in base64, decoded by `js/data.js`.

Neighbouring states are alike, so each row of bytes travels as its difference from the row before (modulo 256), which
deflates to about half.
"""

from __future__ import annotations

import base64
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from statescape.analysis.vocabulary import vocabulary_of
from statescape.runs.workforce import usable_cores
from statescape.views.globe.data import COSINES, LOWEST_LOG, RANKS, SphereData
from statescape.views.globe.reading import (
    CHANGE_DECADES,
    chance,
    legend_of,
    name_of,
    notes_of,
    prompt_of,
    shown,
    table_of,
    words_of,
)


def packed(data: SphereData, level: int = 9) -> dict[str, Any]:
    """`data` as the module takes it: JSON types only.

    Args:
        data: the numbers.
        level: how hard they are compressed, 1 to 9: a page that is kept is to be small, one that is sent is to be soon.
    """
    path, known = data.path, vocabulary_of(data.path.embeddings)
    text = partial(_compressed, level)
    of_path = {
        "ranks": _differences(data.ranks),
        "curves": data.curves.astype("<f4").tobytes(),
        "cosines": _differences(data.cosines),
        "top": data.top.astype("<u4").tobytes(),
        "kept": data.kept.astype("<u4").tobytes(),
        "kept_log": data.kept_log.astype("<f4").tobytes(),
        "kept_ranks": data.kept_ranks.astype("<u4").tobytes(),
        "kept_cosines": data.kept_cosines.astype("<f4").tobytes(),
        "neighbours": data.neighbours.astype("<u4").tobytes(),
        "neighbour_cosines": data.neighbour_cosines.astype("<f4").tobytes(),
    }
    with ThreadPoolExecutor(usable_cores()) as pool:  # zlib lets other threads run
        blocks = dict(zip(of_path, pool.map(text, of_path.values()), strict=True))
    return {
        "n": len(path.embeddings),
        "states": len(path.states),
        "model": path.model.name,
        "prompt": prompt_of(data),
        "predicted": path.predicted_id,
        "words": words_of(data),
        "table": table_of(data),
        "legend": legend_of(data),
        "notes": notes_of(data),
        "change_scale": -LOWEST_LOG / (2 * CHANGE_DECADES),
        "path": data.states.round(6).tolist(),
        "names": [name_of(path), *(name_of(other.path) for other in data.beside)],
        "beside": [
            {
                "path": other.states.round(6).tolist(),
                "predicted": other.path.predicted_id,
                "parts_at": other.parts_at,
            }
            for other in data.beside
        ],
        "lowest_log": LOWEST_LOG,
        "cosine_reach": [float(f"{reach:.4g}") for reach in data.cosine_reach],
        "levels": {"rank": RANKS, "cosine": COSINES},
        "chance": chance(path.embeddings.shape[1]),
        "n_top": int(data.top.shape[1]),
        "n_neighbours": int(data.neighbours.shape[1]),
        "blocks": {
            "vocabulary": known.remember(
                ("names", level), lambda: text(json.dumps([shown(token) for token in path.vocabulary]).encode())
            ),
            "positions": known.remember(
                ("positions", level, data.origin, data.axes.sphere.components.tobytes()),
                lambda: text(_folded(data.directions).astype("<i2").tobytes()),
            ),
            **blocks,
        },
    }


def _folded(directions: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
    """Directions as points of a square of ±32767: onto an octahedron, whose lower half is folded out over its corners.

    A point at the sphere's very centre has no direction: -32768.
    """
    length = np.abs(directions).sum(axis=1, keepdims=True)
    flat = directions / np.where(length > 0, length, 1)
    upper = flat[:, :2]
    lower = (1 - np.abs(flat[:, 1::-1])) * np.where(upper < 0, -1, 1)
    folded = np.rint(32767 * np.where(flat[:, 2:] < 0, lower, upper))
    return np.where(length > 0, folded, -32768.0)


def _differences(rows: UInt8[np.ndarray, "states vocabulary"]) -> bytes:
    return np.concatenate([rows[:1], rows[1:] - rows[:-1]]).tobytes()


def _compressed(level: int, content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, level)).decode("ascii")
