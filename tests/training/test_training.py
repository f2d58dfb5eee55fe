"""The training of the bundled model, on a model so small that it takes seconds."""

import gzip
import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from training.corpus import TokenStream, documents, train_tokenizer
from training.evaluate import bits_per_character
from training.train import Settings, train

SMALL = Settings(tokens=6 * 4 * 32, width=16, blocks=1, heads=2, context=32, batch=4, warmup_steps=2)


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    """A folder like that of the real texts, with sixty short stories."""
    folder = tmp_path_factory.mktemp("stories")
    for name in ("tinystories", "childrens_books", "stories_generated"):
        rows = [
            {"text": f"{name} {i}: the {word} cat sat on the {word} mat and said hello {i} times.", "model": model}
            for i in range(10)
            for word, model in (("red", "Mistral-7B-Instruct-v0.3"), ("old", "meta-llama/Llama-3.1-8B-Instruct"))
        ]
        for part in ("train", "heldout"):
            with gzip.open(folder / f"{name}.{part}.jsonl.gz", "wt") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder


def test_only_generated_stories_of_the_named_families_are_read(stories):
    assert len(documents(stories, "tinystories", "train")) == 20
    generated = documents(stories, "stories_generated", "train")
    assert len(generated) == 10
    assert all("red" in text for text in generated)


def test_every_text_opens_with_the_end_of_text_token_and_survives_the_round_trip():
    tokenizer = train_tokenizer(["the cat sat on the mat"] * 3)
    text = "the cat — naïve 猫 \x00"
    encoded = tokenizer.encode(text)
    assert encoded.tokens[0] == "<|endoftext|>"
    assert tokenizer.decode(encoded.ids) == text


def test_an_epoch_reads_every_window_once_in_an_order_of_its_own():
    stream = TokenStream([np.arange(i * 10, i * 10 + 10) for i in range(40)], seed=1, batch=3, context=7)
    first, second = stream.epoch(0), stream.epoch(1)
    assert not np.array_equal(first, second)
    assert set(first) == set(second) == set(range(400))
    starts = np.concatenate([stream.rows(first, step)[:, 0] for step in range(stream.steps_per_epoch)])
    assert len(set(starts)) == stream.steps_per_epoch * 3
    row = stream.rows(first, 2)[1]
    at = int(np.flatnonzero(first == row[0])[0])
    np.testing.assert_array_equal(row, first[at : at + 8])


def test_the_learning_rate_warms_up_stays_and_decays_to_zero():
    settings = Settings(tokens=1000 * 16 * 256, warmup_steps=100, decay_share=0.5)
    scales = [settings.lr_scale(step) for step in range(settings.steps)]
    assert scales[0] == pytest.approx(0.01)
    assert scales[100:500] == [1.0] * 400
    assert scales[750] == pytest.approx(0.5)
    assert 0 < scales[-1] <= 0.002


def test_bits_per_character_of_a_model_that_knows_nothing():
    """Uniform over 8 tokens is 3 bits a token, whatever the length of the text and of the windows."""

    class Uniform(torch.nn.Module):
        def forward(self, input_ids, **_):
            return type("Output", (), {"logits": torch.zeros(*input_ids.shape, 8)})

    tokenizer = Tokenizer(models.WordLevel({str(i): i for i in range(8)}, unk_token="0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    texts = [" ".join("1234567"[i % 7] for i in range(n)) for n in (2, 5, 16, 17, 100)]
    predicted = sum(len(text.split()) - 1 for text in texts)  # the first token is not predicted
    bits = bits_per_character(Uniform(), tokenizer, texts, context=16)
    assert bits * sum(map(len, texts)) == pytest.approx(3 * predicted, rel=1e-6)


@pytest.mark.slow
def test_a_killed_run_ends_where_an_undisturbed_one_does(stories, tmp_path):
    train(stories, tmp_path / "whole", SMALL)
    train(stories, tmp_path / "parts", SMALL, stop_after=3)
    train(stories, tmp_path / "parts", SMALL)
    whole, parts = (torch.load(tmp_path / run / "checkpoint.pt", weights_only=True) for run in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 6
    for name, weight in whole["model"].items():
        torch.testing.assert_close(weight, parts["model"][name], rtol=1e-4, atol=1e-5)


def test_what_a_kill_leaves_behind_does_not_matter(stories, tmp_path):
    """Files are renamed into place when they are whole; half-written ones are ignored and overwritten."""
    for leftover in ("checkpoint.partial", "tokenizer.partial"):
        (tmp_path / leftover).write_text("{ half a fi")
    train(stories, tmp_path, SMALL, stop_after=1)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 1
    assert not list(tmp_path.glob("*.partial"))


def test_too_little_text_for_one_batch_is_refused():
    with pytest.raises(ValueError, match="20 tokens are too few for one batch of 3 x 7"):
        TokenStream([np.arange(20)], seed=1, batch=3, context=7)
