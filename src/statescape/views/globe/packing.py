"""The sphere's numbers as JSON: small ones plainly, large ones deflated and in base64, decoded by `js/data.js`.

Neighbouring states are alike, so each row of bytes travels as its difference from the row before (modulo 256), which
deflates to about half.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
from jaxtyping import UInt8

from statescape.views.globe.data import LOWEST_LOG, SphereData
from statescape.views.globe.reading import CHANGE_DECADES, legend_of, notes_of, prompt_of, shown, table_of, words_of


def packed(data: SphereData) -> dict[str, Any]:
    """`data` as the module takes it: JSON types only."""
    path = data.path
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
        "lowest_log": LOWEST_LOG,
        "cosine_range": list(data.cosine_range),
        "n_top": int(data.top.shape[1]),
        "n_neighbours": int(data.neighbours.shape[1]),
        "blocks": {
            "vocabulary": _text(json.dumps([shown(token) for token in path.vocabulary]).encode()),
            "positions": _text(np.rint(data.directions * 32767).astype("<i2").tobytes()),
            "probabilities": _text(_differences(data.probabilities)),
            "cosines": _text(_differences(data.cosines)),
            "top": _text(data.top.astype("<u4").tobytes()),
            "top_log": _text(data.top_log.astype("<f4").tobytes()),
            "kept": _text(data.kept.astype("<u4").tobytes()),
            "neighbours": _text(data.neighbours.astype("<u4").tobytes()),
            "neighbour_cosines": _text(data.neighbour_cosines.astype("<f4").tobytes()),
        },
    }


def _differences(rows: UInt8[np.ndarray, "states vocabulary"]) -> bytes:
    return np.concatenate([rows[:1], rows[1:] - rows[:-1]]).tobytes()


def _text(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")
