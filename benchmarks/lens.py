"""How near the streaming lens comes to what the machine can do: GPT-2-small shape, 512 tokens, 13 states.

The bound is one forward pass plus the 13 x 512 x 2 x 768 x 50257 operations of the unembedding at the rate of a
2048-cubed product, same threads, same run. Beside it a plain lens: block by block, whole-vocabulary logits, top 10,
rank, log-probability, entropy, divergence. Times are the best of several rounds with all candidates in turn; memory is
what the first call adds to a fresh process.

    python benchmarks/lens.py [--threads 1 2] [--rounds 3]
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness import write

POSITIONS, STATES, WIDTH, VOCABULARY, TOP = 512, 13, 768, 50257, 10


def main() -> None:
    """Measure for each number of threads in a fresh process and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(json.dumps(measure(arguments.inside, arguments.rounds)))
        return
    results = []
    for threads in arguments.threads:
        command = [sys.executable, __file__, "--inside", str(threads), "--rounds", str(arguments.rounds)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        results.append(json.loads(answer.splitlines()[-1]))
        print_row(results[-1])
    write(Path(__file__).stem, results)


def print_row(row: dict[str, Any]) -> None:
    """One line of ratios."""
    print(
        f"{row['threads']} thread(s): lens {row['lens_s']:.2f} s = {row['lens_over_bound']:.2f} x the bound of "
        f"{row['bound_s']:.2f} s (goal 1.5); plain {row['plain_s']:.2f} s = {row['plain_over_lens']:.2f} x ours; "
        f"extra memory {row['lens_extra_mb']:.0f} MB (goal 200), plain {row['plain_extra_mb']:.0f} MB; "
        f"product rate {row['gflops']:.0f} GF/s"
    )


def measure(threads: int, rounds: int) -> dict[str, Any]:
    """Times and memory in this process."""
    torch.set_num_threads(threads)
    model = random_gpt2()
    ids = torch.randint(0, VOCABULARY, (POSITIONS,), generator=torch.Generator().manual_seed(1))
    network = model.anatomy.network

    def ours() -> Any:
        from statescape.language.lens import read_lens

        states = model.anatomy.states(ids).numpy()
        return read_lens(model.decoder, states, ("",) * POSITIONS, model.vocabulary, top=TOP)

    def forward() -> Any:
        with torch.inference_mode():
            return network(ids[None], use_cache=False).logits[0, -1]

    lens, lens_extra = extra_memory(ours)
    expected, plain_extra = extra_memory(lambda: plain(model, ids))
    check(lens, expected)
    candidates = {"product": product, "forward": forward, "ours": ours, "plain": lambda: plain(model, ids)}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, function in candidates.items():
            times[name] += [seconds(function) for _ in range(5 if name == "product" else 1)]
    best = {name: min(values) for name, values in times.items()}
    rate = 2 * 2048**3 / best["product"]
    bound = best["forward"] + STATES * POSITIONS * 2 * WIDTH * VOCABULARY / rate
    return {
        "threads": threads,
        "lens_s": best["ours"],
        "plain_s": best["plain"],
        "forward_s": best["forward"],
        "bound_s": bound,
        "lens_over_bound": best["ours"] / bound,
        "plain_over_lens": best["plain"] / best["ours"],
        "gflops": rate / 1e9,
        "lens_extra_mb": lens_extra,
        "plain_extra_mb": plain_extra,
    }


def random_gpt2() -> Any:
    """GPT-2-small shape with weights spread so far that logits have no ties."""
    from tokenizers import Tokenizer, models
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    import statescape as ss

    torch.manual_seed(0)
    network = GPT2LMHeadModel(GPT2Config()).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.mul_(3.0)
    words = Tokenizer(models.WordLevel({f"w{index}": index for index in range(VOCABULARY)}, unk_token="w0"))
    return ss.load_model(network, tokenizer=PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0"))


@torch.inference_mode()
def plain(model: Any, ids: torch.Tensor) -> dict[str, np.ndarray]:
    """The same readout block by block with whole-vocabulary logits, as one would write it in a notebook."""
    network = model.anatomy.network
    states = model.anatomy.states(ids)
    final = network.lm_head(network.transformer.ln_f(states[-1])).log_softmax(-1)
    targets = final.argmax(-1)
    rows: dict[str, list[torch.Tensor]] = {"top": [], "rank": [], "log_probability": [], "entropy": [], "kl": []}
    for state in states:
        log_probabilities = network.lm_head(network.transformer.ln_f(state)).log_softmax(-1)
        of_target = log_probabilities.gather(-1, targets[:, None])
        rows["top"].append(log_probabilities.topk(TOP, -1).indices)
        rows["rank"].append((log_probabilities > of_target).sum(-1))
        rows["log_probability"].append(of_target[:, 0])
        rows["entropy"].append(-(log_probabilities.exp() * log_probabilities).sum(-1))
        rows["kl"].append((final.exp() * (final - log_probabilities)).sum(-1))
    return {name: torch.stack(values).numpy() for name, values in rows.items()}


def check(lens: Any, expected: dict[str, np.ndarray]) -> None:
    """A fast lens that is wrong is not measured."""
    assert (lens.top_ids == expected["top"]).mean() > 0.999
    assert (np.abs(lens.rank - expected["rank"]) <= 2).all()
    assert np.abs(lens.log_probability - expected["log_probability"]).max() < 1e-4
    assert np.abs(lens.entropy - expected["entropy"]).max() < 1e-3
    assert np.abs(lens.kl_to_final - expected["kl"]).max() < 1e-3


_A, _B, _OUT = torch.randn(2048, 2048), torch.randn(2048, 2048), torch.empty(2048, 2048)


def product() -> None:
    """One product of 2048-cubed float32 matrices."""
    torch.mm(_A, _B, out=_OUT)


def seconds(function: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def extra_memory(function: Callable[[], Any]) -> tuple[Any, float]:
    """The answer, and the peak of resident memory above where it began, in MB (0 where the system does not tell)."""
    gc.collect()
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")  # sets the peak back
    before = resident("VmRSS")
    answer = function()
    return answer, resident("VmHWM") - before


def resident(field: str) -> float:
    """A field of /proc/self/status in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith(field))


if __name__ == "__main__":
    main()
