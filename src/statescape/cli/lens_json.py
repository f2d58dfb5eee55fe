"""The numbers of ``statescape lens``: one entry for each position and state, lens by lens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from statescape.language import LensReadout, Trace


def as_json(trace: Trace, readouts: Sequence[LensReadout]) -> dict[str, Any]:
    """All numbers; ``positions`` are those of the logit lens, further lenses follow with what compares them."""
    from statescape import __version__
    from statescape.analysis import compare_lenses

    facts = trace.model.facts
    data = {
        "version": __version__,
        "model": {"name": facts.name, "n_blocks": facts.n_blocks, "vocab_size": facts.vocab_size},
        "bos": facts.bos,
        "text": trace.text,
        "tokens": list(trace.tokens),
        "positions": _positions(readouts[0]),
    }
    if len(readouts) == 1:
        return data
    compared = compare_lenses(readouts)
    data["comparison"] = {
        "positions": compared.positions,
        "states": list(compared.states),
        "lenses": [
            {"name": name, "kl_to_final": compared.kl_to_final[row].tolist(), "first": compared.first[row].tolist()}
            for row, name in enumerate(compared.lenses)
        ],
    }
    data["lenses"] = [
        {"name": name, "states": list(readout.states), "positions": _positions(readout)}
        for name, readout in zip(compared.lenses[1:], readouts[1:], strict=True)
    ]
    return data


def _positions(readout: LensReadout) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "token": readout.tokens[position],
            "target": {"id": int(target), "token": readout.vocabulary[int(target)]},
            "states": [_cell(readout, row, position) for row in range(len(readout.states))],
        }
        for position, target in enumerate(readout.target_ids)
    ]


def _cell(readout: LensReadout, row: int, position: int) -> dict[str, Any]:
    ids = readout.top_ids[row, position].tolist()
    log_probabilities = readout.top_log_probabilities[row, position].tolist()
    return {
        "state": readout.states[row],
        "rank": int(readout.rank[row, position]),
        "log_probability": float(readout.log_probability[row, position]),
        "entropy": float(readout.entropy[row, position]),
        "kl_to_final": float(readout.kl_to_final[row, position]),
        "top": [
            {"id": number, "token": readout.vocabulary[number], "log_probability": value}
            for number, value in zip(ids, log_probabilities, strict=True)
        ],
    }
