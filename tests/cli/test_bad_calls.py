"""A thousand bad calls: no traceback, no status but 0 and 2, nothing lost, nothing left, no escape bytes."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.cli.calls import Outcome, calls, forked, real
from tests.kept import make_studies_tiny


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch, evolved_run: Path) -> Path:
    """A process that has imported all that commands import, and the file of a run."""
    import torch

    from statescape import views  # noqa: F401

    torch.set_num_threads(1)
    make_studies_tiny(monkeypatch)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return evolved_run


def _held(outcomes: list[Outcome]) -> None:
    bad = [
        f"{one.faults} {[word[:80] for word in one.call]}\n{one.printed[-600:].decode('utf-8', 'replace')}"
        for one in outcomes
        if one.faults
    ]
    cut = [one for one in outcomes if one.status is None]
    done = sum(one.status == 0 for one in outcomes)
    refused = len(outcomes) - done - len(cut)
    print(f"{len(outcomes)} calls: {done} done, {refused} refused, {len(cut)} cut off, {len(bad)} bad")  # noqa: T201
    assert not bad, "\n".join(bad)
    assert len(cut) <= len(outcomes) // 20
    assert done < len(outcomes) / 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_bad_calls(tmp_path, warm):
    _held([forked(call, tmp_path / "root", warm) for call in itertools.islice(calls(1), 100)])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_bad_calls_as_processes(tmp_path, evolved_run):
    _held([real(call, tmp_path / "root", evolved_run) for call in itertools.islice(calls(2), 5)])


@pytest.mark.long
def test_a_thousand_bad_calls(tmp_path, warm):
    _held([forked(call, tmp_path / "root", warm) for call in itertools.islice(calls(3), 950)])


@pytest.mark.long
def test_fifty_bad_calls_as_processes(tmp_path, evolved_run):
    _held([real(call, tmp_path / "root", evolved_run) for call in itertools.islice(calls(4), 50)])
