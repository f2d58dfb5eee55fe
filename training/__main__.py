"""``python -m training``: make `conteur` from text, from tokenizer to weights; run again to go on after a kill."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.train import Settings, train


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the *.jsonl.gz story files")
    parser.add_argument("--out", type=Path, default=Path("build/conteur"), help="checkpoints, log and final model")
    parser.add_argument("--tokens", type=int, default=Settings.tokens, help="training tokens in all")
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--muon-lr", type=float, default=Settings.muon_lr, help="peak rate of the matrices")
    parser.add_argument("--adam-lr", type=float, default=Settings.adam_lr, help="peak rate of embeddings and vectors")
    parser.add_argument("--stop-after", type=int, default=None, help="stop after this many steps (for trials)")
    arguments = parser.parse_args()
    settings = Settings(
        tokens=arguments.tokens, seed=arguments.seed, muon_lr=arguments.muon_lr, adam_lr=arguments.adam_lr
    )
    train(arguments.data, arguments.out, settings, stop_after=arguments.stop_after)


if __name__ == "__main__":
    main()
