"""What TransformerLens and tuned-lens say of a tiny random model: the files in tests/language/peers, made once.

Run inside the environment that `benchmarks/lens.py` makes, from the project's folder:

    PYTHONPATH=src:. build/peers/bin/python benchmarks/references.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "language" / "peers"


CLEAN, CORRUPT, ANSWERS = [5, 17, 60, 2, 33], [5, 71, 60, 2, 34], [7, 8]


def main() -> None:
    """Write weights, states, lens numbers, and a lens in each peer's own format."""
    from tests.language.families import FAMILIES, TEXT, build

    network = build(FAMILIES[0])
    ids = torch.tensor([[int(word[1:]) for word in TEXT.split()]])
    FOLDER.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"weight:{name}": value.numpy() for name, value in network.state_dict().items() if name != "lm_head.weight"
    }
    arrays["token_ids"] = ids.numpy()
    arrays |= from_tuned_lens(network, ids)
    arrays |= from_transformer_lens(network, ids)
    np.savez_compressed(FOLDER / "reference.npz", **arrays)
    print(f"wrote {FOLDER / 'reference.npz'}")
    write_patching()


def write_patching() -> None:
    """The maps of patching by TransformerLens, of a GPT-2 and a Llama."""
    from tests.language.families import FAMILIES, build

    arrays: dict[str, np.ndarray] = {
        "clean": np.array(CLEAN),
        "corrupt": np.array(CORRUPT),
        "answers": np.array(ANSWERS),
    }
    for name in ("gpt2", "llama"):
        network = build(next(family for family in FAMILIES if family.model_type == name))
        arrays |= {f"{name}:{key}": values for key, values in patched_by_transformer_lens(network).items()}
        arrays |= {f"{name}:weight:{key}": value.numpy() for key, value in network.state_dict().items()}
    np.savez_compressed(FOLDER / "patching.npz", **arrays)  # type: ignore[arg-type]
    print(f"wrote {FOLDER / 'patching.npz'}")


def from_tuned_lens(network: Any, ids: torch.Tensor) -> dict[str, np.ndarray]:
    """Log-probabilities of its logit lens and of a random tuned lens, which is saved as it saves itself."""
    from tuned_lens import model_surgery
    from tuned_lens.nn.lenses import LogitLens, TunedLens
    from tuned_lens.plotting import PredictionTrajectory

    # It looks for a class that TransformerLens 4 no longer has; without TransformerLens it would not look.
    model_surgery._transformer_lens_available = False
    tuned = TunedLens.from_model(network)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in tuned.layer_translators.parameters():
            parameter.normal_(0.0, 0.2)
    tuned.save(FOLDER / "tuned")
    lenses = {"logit": LogitLens.from_model(network), "tuned": tuned}
    return {
        f"tuned_lens:{name}": PredictionTrajectory.from_lens_and_model(lens, network, ids[0].tolist()).log_probs
        for name, lens in lenses.items()
    }


def patched_by_transformer_lens(network: Any) -> dict[str, np.ndarray]:
    """Restored shares of every state, attention and MLP output, each put into the corrupt run by a hook of its own."""
    bridge = bridged(network)
    clean, corrupt = torch.tensor([CLEAN]), torch.tensor([CORRUPT])

    def difference(logits: torch.Tensor) -> float:
        return float(logits[0, -1, ANSWERS[0]].double() - logits[0, -1, ANSWERS[1]].double())

    with torch.no_grad():
        logits, cache = bridge.run_with_cache(clean)
        whole, none = difference(logits), difference(bridge(corrupt))
        blocks = network.config.num_hidden_layers
        hooks = {
            "state": [*(f"blocks.{block}.hook_resid_pre" for block in range(blocks)),
                      f"blocks.{blocks - 1}.hook_resid_post"],
            "attention": [f"blocks.{block}.hook_attn_out" for block in range(blocks)],
            "mlp": [f"blocks.{block}.hook_mlp_out" for block in range(blocks)],
        }  # fmt: skip
        found = {}
        for name, points in hooks.items():
            shares = np.empty((len(points), len(CLEAN)))
            for row, point in enumerate(points):
                for position in range(len(CLEAN)):

                    def put(stream: torch.Tensor, *, hook: Any, at: tuple[str, int] = (point, position)) -> Any:  # noqa: ARG001
                        stream = stream.clone()
                        stream[:, at[1]] = cache[at[0]][:, at[1]]
                        return stream

                    patched = bridge.run_with_hooks(corrupt, fwd_hooks=[(point, put)])
                    shares[row, position] = (difference(patched) - none) / (whole - none)
            found[name] = shares
    return found


def bridged(network: Any) -> Any:
    """A model of TransformerLens around a copy of a network."""
    import copy
    import tempfile

    from transformer_lens.model_bridge import TransformerBridge
    from transformers import AutoTokenizer

    from tests.language.families import word_tokenizer

    with tempfile.TemporaryDirectory() as folder:  # it asks for configuration and tokenizer by name
        network.config.save_pretrained(folder)
        word_tokenizer().save_pretrained(folder)
        return TransformerBridge.boot_transformers(
            folder, hf_model=copy.deepcopy(network), device="cpu", tokenizer=AutoTokenizer.from_pretrained(folder)
        )


def from_transformer_lens(network: Any, ids: torch.Tensor) -> dict[str, np.ndarray]:
    """Its cache, the numbers of its logit lens, and of a Jacobian lens, which is saved as it saves itself."""
    from transformer_lens.tools.analysis import logit_lens
    from transformer_lens.tools.analysis.jacobian_lens import JacobianLens

    bridge = bridged(network)
    with torch.no_grad():
        logits, cache = bridge.run_with_cache(ids)
        targets = logits.argmax(-1)
        best = logit_lens(cache, positions=None, top_k=10, return_type="log_probs").readout
        target = logit_lens(cache, positions=None, targets=targets, return_type="log_probs")
        generator = torch.Generator().manual_seed(2)
        matrices = {block: torch.randn(32, 32, generator=generator) / 32**0.5 for block in range(2)}
        lens = JacobianLens(matrices, n_prompts=3, d_model=32)
        lens.save(str(FOLDER / "jacobian.pt"), dtype=torch.float32)
        carried = {
            f"jacobian:{block}": bridge.unembed(bridge.ln_final(cache[f"blocks.{block}.hook_resid_post"] @ matrix.T))
            for block, matrix in matrices.items()
        }
    kept = [name for name in cache if name == "hook_embed" or "hook_resid" in name]
    return {
        **{f"cache:{name}": cache[name].detach().numpy() for name in kept},
        **{name: value[0].log_softmax(-1).detach().numpy() for name, value in carried.items()},
        "transformer_lens:top_ids": best.top_ids[:, 0].numpy(),
        "transformer_lens:top_log_probabilities": best.values[:, 0].numpy(),
        "transformer_lens:entropy": best.entropy[:, 0].numpy(),
        "transformer_lens:rank": target.rank_trajectory()[:, 0].numpy(),
        "transformer_lens:log_probability": target.values[:, 0, :, 0].numpy(),
        "target_ids": targets[0].numpy(),
    }


if __name__ == "__main__":
    main()
