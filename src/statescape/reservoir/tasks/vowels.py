"""Japanese vowels: which of nine speakers said /ae/, from 12 cepstrum coefficients over 7 to 29 frames.

Kudo, Toyama and Shimbo, Pattern Recognition Letters 20 (1999); UCI repository. The documented division is 30 training
utterances of each speaker and 370 for test, recorded apart. The files are `japanese_vowels_train.csv` and `_test.csv`
(columns utterance, speaker, frame and the coefficients) or the original `ae.train` and `ae.test`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.reading import read_table
from statescape.reservoir.tasks.task import LabelledTrial, Part, Seed
from statescape.wording import Noun, phrase

N_SPEAKERS = 9
N_COEFFICIENTS = 12
CSV_FILES = ("japanese_vowels_train.csv", "japanese_vowels_test.csv")
UCI_FILES = ("ae.train", "ae.test")
# The original files hold blocks of utterances, speaker after speaker, as their documentation counts them.
UCI_COUNTS = ((30,) * N_SPEAKERS, (31, 35, 88, 44, 29, 24, 40, 50, 29))
TRAINED_OF_TEN = 7
LEAST_UTTERANCES = 2  # of a speaker, so that one trains and one tests

Utterances = tuple[Float[np.ndarray, "_ 12"], ...]


@dataclass(frozen=True, eq=False)
class JapaneseVowels(Noun):
    """The classification of whole utterances by speaker, scored by the share of errors.

    Attributes:
        train: the documented training utterances.
        train_speakers: who said them, 0 to 8.
        test: the documented test utterances.
        test_speakers: who said them.
    """

    train: Utterances
    train_speakers: Int[np.ndarray, " train"]
    test: Utterances
    test_speakers: Int[np.ndarray, " test"]
    name: str = "japanese-vowels"
    n_inputs: int = N_COEFFICIENTS
    n_outputs: int = N_SPEAKERS
    score_name: str = phrase("error rate")

    def trial(self, seed: Seed, part: Part = "search") -> LabelledTrial:
        """One division of the utterances into training and test.

        "whole" is the documented division, the training utterances in random order. The other parts draw 7 of 10
        utterances of each speaker to train and test on the rest: "search" among the training utterances, "seal" among
        the test ones.
        """
        rng = np.random.default_rng(seed)
        if part == "whole":
            # In a random order: a ridge is chosen on the last of them, which in the file are the last speakers.
            order = rng.permutation(len(self.train))
            shuffled = tuple(self.train[index] for index in order)
            return LabelledTrial(shuffled, self.train_speakers[order], self.test, self.test_speakers, N_SPEAKERS)
        pool, speakers = (self.train, self.train_speakers) if part == "search" else (self.test, self.test_speakers)
        trains = np.zeros(len(pool), dtype=bool)
        for speaker in range(N_SPEAKERS):
            own = rng.permutation(np.flatnonzero(speakers == speaker))
            trains[own[: len(own) * TRAINED_OF_TEN // 10]] = True
        chosen, rest = rng.permutation(np.flatnonzero(trains)), np.flatnonzero(~trains)
        return LabelledTrial(
            tuple(pool[index] for index in chosen),
            speakers[chosen],
            tuple(pool[index] for index in rest),
            speakers[rest],
            N_SPEAKERS,
        )


def holds_vowels(folder: str | Path) -> bool:
    """Whether a folder holds the files of the Japanese vowels, or no table that could be something else."""
    where = Path(folder)
    named = any((where / file).is_file() for file in (*CSV_FILES, *UCI_FILES))
    return named or not (any(where.glob("*.csv")) or any(where.glob("*/*.csv")))


def japanese_vowels(folder: str | Path) -> JapaneseVowels:
    """The Japanese vowels in `folder`.

    Raises:
        StatescapeError: where the folder holds neither pair of files, or they are not what they should be.
    """
    where = Path(folder)
    for files, read in ((CSV_FILES, _read_csv), (UCI_FILES, _read_uci)):
        if all((where / file).is_file() for file in files):
            (train, train_speakers), (test, test_speakers) = (read(where / file) for file in files)
            for file, speakers in zip(files, (train_speakers, test_speakers), strict=True):
                if (np.bincount(speakers, minlength=N_SPEAKERS) < LEAST_UTTERANCES).any():
                    raise StatescapeError(f"{file} must hold {LEAST_UTTERANCES} utterances or more of every speaker.")
            return JapaneseVowels(train, train_speakers, test, test_speakers)
    raise StatescapeError(
        f"{where} holds no Japanese vowels; expected {' and '.join(CSV_FILES)}, or {' and '.join(UCI_FILES)}."
    )


def _read_csv(path: Path) -> tuple[Utterances, Int[np.ndarray, " utterances"]]:
    coefficients = [f"lpcc{index + 1}" for index in range(N_COEFFICIENTS)]
    values, _ = read_table(path).numbers(["utterance", "speaker", *coefficients])
    begins = np.flatnonzero(np.diff(values[:, 0], prepend=np.nan))
    frames = np.ascontiguousarray(values[:, 2:])
    speakers = values[begins, 1].astype(np.int64) - 1
    if not np.isin(speakers, np.arange(N_SPEAKERS)).all():
        raise StatescapeError(f"{path.name} must number its speakers from 1 to {N_SPEAKERS}.")
    return tuple(np.split(frames, begins[1:])), speakers


def _read_uci(path: Path) -> tuple[Utterances, Int[np.ndarray, " utterances"]]:
    counts = UCI_COUNTS[UCI_FILES.index(path.name)]
    blocks = [block for block in path.read_text(encoding="ascii", errors="replace").split("\n\n") if block.strip()]
    try:
        utterances = tuple(
            np.array([line.split() for line in block.strip().split("\n")], dtype=float) for block in blocks
        )
    except ValueError:
        raise StatescapeError(f"{path.name} holds a line that is not {N_COEFFICIENTS} numbers.") from None
    if len(utterances) != sum(counts) or any(frames.shape[1] != N_COEFFICIENTS for frames in utterances):
        raise StatescapeError(f"{path.name} must hold {sum(counts)} blocks of {N_COEFFICIENTS} numbers a line.")
    return utterances, np.repeat(np.arange(N_SPEAKERS), counts)
