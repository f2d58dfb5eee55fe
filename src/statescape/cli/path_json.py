"""The numbers of a path as JSON, under the keys that other programs rely on."""

from __future__ import annotations

import math
from typing import Any

from statescape import __version__
from statescape.analysis import PathConclusion, PathReading
from statescape.cli import inputs
from statescape.errors import StatescapeError
from statescape.geometry import PCA

_COURSE = ("growth", "step_angle", "turn")


def as_json(reading: PathReading, conclusion: PathConclusion, top: int) -> dict[str, Any]:
    """All numbers of a path; not-a-number stays and is written as null."""
    path_, facts = reading.path, reading.path.model
    states = states_json(reading, top)
    steps = path_.steps
    return {
        "version": __version__,
        "model": facts.as_json(),
        "bos": facts.bos,
        "text": path_.text,
        "tokens": list(path_.tokens),
        "token_ids": list(path_.token_ids),
        "position": path_.position,
        "flags": inputs.flags_json(path_.flags),
        "predicted": {
            "id": path_.predicted_id,
            "token": path_.predicted.token,
            "probability": math.exp(reading.log_probability[-1]),
        },
        "contract": {"max_logit_error": facts.max_logit_error, "bound": facts.error_bound},
        "pca": {
            "explained_variance_ratio": PCA.from_moments(reading.moments).explained_variance_ratio[:3].tolist(),
        },
        "rogue_dimensions": list(path_.rogue_dimensions),
        "subspace": {
            "dimensions": reading.subspace.k,
            "variance_share": reading.subspace.variance_share,
            "energy_of_embeddings": reading.energy_of_embeddings.mean,
            "energy_of_isotropic": reading.subspace.isotropic_expectation,
        },
        "nulls": {
            "seed": reading.seed,
            "best_token_of_isotropic_direction": {
                variant: {"mean": null.mean, "range95": [null.low, null.high], "draws": null.draws}
                for variant, null in reading.best_of_isotropic.items()
            },
        },
        "geometry": {
            "growth": reading.geometry.growth.tolist(),
            "step_angle": reading.geometry.step_angle.tolist(),
            "turn": reading.geometry.turn.tolist(),
            "straightness": reading.geometry.straightness,
            "shuffled_steps": {
                name: {"mean": null.mean, "range95": [null.low, null.high], "draws": null.draws}
                for name, null in reading.shuffled_steps.items()
            },
        },
        "states": states,
        "steps": None
        if steps is None
        else {"attention_logit": steps.attention_logit.tolist(), "mlp_logit": steps.mlp_logit.tolist()},
        "steps_note": path_.steps_note,
        "conclusion": list(conclusion.sentences),
    }


def others_json(reading: PathReading) -> dict[str, Any] | None:
    """The geometry of other texts: ranges of their paths, and how linear each block is in them and in this text."""
    others = reading.other_texts
    if others is None:
        return None
    ranges = {name: dict(zip(("low", "high"), map(list, others.range(name)), strict=True)) for name in _COURSE}
    try:
        own = reading.linear
    except StatescapeError as error:
        return {"texts": len(others), **ranges, "linear": None, "linear_note": str(error)}
    return {
        "texts": len(others),
        **ranges,
        "linear": {
            "positions": others.maps[0].states,
            "own": None if own is None else own.tolist(),
            "held_out": others.held_out.tolist(),
            "shuffled_blocks": others.held_out_shuffled(reading.seed).mean(axis=0).tolist(),
            "carried": others.carried.tolist(),
        },
    }


def states_json(reading: PathReading, top: int) -> list[dict[str, Any]]:
    """All numbers of every state."""
    path_ = reading.path
    cosines = {
        "cosine_to_predicted": reading.cosine("predicted"),
        "cosine_to_predicted_centred": reading.cosine("predicted", "centred"),
        "cosine_to_predicted_without_rogue": reading.cosine("predicted", "without_rogue"),
        "cosine_to_current": reading.cosine("current"),
        "norm": reading.norms,
        "distance_to_predicted": reading.distance,
        "subspace_energy": reading.energy_inside,
        "log_probability_of_predicted": reading.log_probability,
        "entropy": reading.entropy,
        "kl_to_final": reading.kl_to_final,
    }
    return [
        {
            "index": index,
            **{key: float(values[index]) for key, values in cosines.items()},
            "rank_of_predicted": int(reading.ranks[index]),
            "top": [
                {"id": number, "token": path_.vocabulary[number], "log_probability": log_probability}
                for number, log_probability in reading.top(index, top)
            ],
        }
        for index in range(len(path_.states))
    ]
