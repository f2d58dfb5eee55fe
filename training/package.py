"""``python -m training.package``: put a trained `conteur` into the package, measured as it will be shipped.

Weights are rounded to fp16 first; the held-out figures of the card are those of the rounded weights run in float32,
over every held-out story of each source.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from training.card import Figures, card
from training.corpus import END_OF_TEXT, documents, training_documents
from training.evaluate import bits_per_character
from training.train import Settings, build_model

PACKAGE_DATA = Path(__file__).resolve().parents[1] / "src" / "statescape" / "data"
PROMPT = "Once upon a time, there was a little"


def main() -> None:
    """Read the arguments, measure, write the model's folder."""
    parser = argparse.ArgumentParser(prog="python -m training.package", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the *.jsonl.gz story files")
    parser.add_argument("--run", type=Path, default=Path("build/conteur"), help="what `python -m training` wrote")
    parser.add_argument("--out", type=Path, default=PACKAGE_DATA / "conteur")
    parser.add_argument("--remark", default="", help="what the card must say of the run beyond its settings")
    arguments = parser.parse_args()
    package(arguments.data, arguments.run, arguments.out, arguments.remark)


def package(data: Path, run: Path, out: Path, remark: str = "") -> None:
    """Write weights, tokenizer, configuration and card of the run's last checkpoint into ``out``."""
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    settings = Settings(**json.loads((run / "settings.json").read_text()))
    out.mkdir(parents=True, exist_ok=True)
    _write_model(state["model"], settings, out)
    _write_tokenizer(run / "tokenizer.json", settings, out)

    model, tokenizer = build_model(settings).eval(), Tokenizer.from_file(str(run / "tokenizer.json"))
    rounded = {name: weight.half().float() for name, weight in state["model"].items()}
    model.load_state_dict(rounded)
    curve = [json.loads(line) for line in (run / "curve.jsonl").read_text().splitlines()]
    held_out = {}
    for source in ("tinystories", "childrens_books", "stories_generated"):
        texts = documents(data, source, "heldout")
        held_out[source] = (len(texts), bits_per_character(model, tokenizer, texts, settings.context))
    figures = Figures(
        settings=settings,
        steps=state["step"],
        parameters=sum(weight.numel() for weight in model.parameters()),
        documents={name: len(texts) for name, texts in training_documents(data).items()},
        curve=curve,
        held_out=held_out,
        prompt=PROMPT,
        predictions=_predictions(model, tokenizer),
        remark=f"\n{remark}\n" if remark else "",
    )
    (out / "README.md").write_text(card(figures), encoding="utf-8")
    print(f"{out}: {figures.held_out}, after '{PROMPT}': {figures.predictions[:3]}")


def _write_model(weights: dict[str, torch.Tensor], settings: Settings, out: Path) -> None:
    # The head is the embedding matrix itself: stored once, tied again by transformers when it loads.
    kept = {name: weight.half().contiguous() for name, weight in weights.items() if name != "lm_head.weight"}
    save_file(kept, out / "model.safetensors", metadata={"format": "pt"})
    config = build_model(settings).config
    config.architectures = ["GPT2LMHeadModel"]
    config.dtype = torch.float16
    config.save_pretrained(out)


def _write_tokenizer(file: Path, settings: Settings, out: Path) -> None:
    shutil.copy(file, out / "tokenizer.json")
    special = dict.fromkeys(("bos_token", "eos_token", "unk_token"), END_OF_TEXT)
    config = {**special, "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": settings.context}
    (out / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


@torch.no_grad()
def _predictions(model: torch.nn.Module, tokenizer: Tokenizer) -> list[tuple[str, float]]:
    ids = torch.tensor([tokenizer.encode(PROMPT).ids])
    probabilities = model(input_ids=ids, use_cache=False).logits[0, -1].softmax(-1)
    best = probabilities.topk(5)
    return [(tokenizer.decode([int(token)]), float(p)) for token, p in zip(best.indices, best.values, strict=True)]


if __name__ == "__main__":
    main()
