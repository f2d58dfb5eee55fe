"""What a page is told of the runs of a folder, finished and under way."""

import json
import shutil
import subprocess
import sys
import time
from http.client import HTTPConnection
from types import SimpleNamespace

import numpy as np
import pytest

from statescape.analysis import read_evolution
from statescape.errors import StatescapeError
from statescape.evolution import evolve
from statescape.evolution.history import champion_of
from statescape.evolution.tables import Tables
from statescape.evolution.watching import Watcher
from statescape.live.reservoirs import Folder
from statescape.live.searches import Searches, writer_of
from statescape.live.shelf import Shelf
from statescape.live.watched import PACE, Watched
from statescape.views.evolution.pictures import pictures
from tests.live.serving import in_thread

SMALL = {"units": 8, "compare": False, "tune": False, "seed": 3, "executor": "serial"}


def parts(watched: Watched) -> dict[str, dict]:
    return {one["part"]: one for one in watched.changes()}


@pytest.fixture
def folder(evolved_run, tmp_path) -> Folder:
    shutil.copy(evolved_run, tmp_path / "done<b>.run")
    return Folder(tmp_path)


def test_a_finished_run_is_told_whole_and_then_nothing_more(folder, evolved_run):
    watched = Watched(folder, "done<b>.run")
    told = parts(watched)
    with Tables.read(evolved_run) as kept:
        strategy = kept.settings.strategy
        lines, (state,) = kept.history(strategy), kept.states(strategy, last=True)
        W = kept.topology(strategy, next(iter(state[2].records))).to_dense()
    assert told["run"]["generations"] == len(lines)
    assert told["run"]["finished"]
    assert told["state"] == {"part": "state", "running": False, "complaint": ""}
    assert told["wiring"]["all"] == np.count_nonzero(W)
    assert {tuple(edge) for edge in told["wiring"]["edges"]} == set(zip(*np.nonzero(W.T), strict=True))
    drawn = {"progress", "survivors", "sealed", "operators", "races"}
    assert drawn == {one["name"] for one in told["figures"]["drawings"]["figures"]}
    assert any(event.startswith("seal mask: champion") for event in told["events"]["events"])
    assert list(watched.changes()) == []


def test_looking_leaves_a_run_and_its_folder_as_they_were(folder):
    before = {file.name: file.read_bytes() for file in folder.path.iterdir()}
    parts(Watched(folder, "done<b>.run"))
    folder.listing()
    assert {file.name: file.read_bytes() for file in folder.path.iterdir()} == before


def test_each_generation_of_a_running_search_is_seen_once(tmp_path):
    run, seen, counts = tmp_path / "now.run", [], []
    watcher = Watcher(run)

    def looked(progress) -> None:
        look = watcher.look()
        seen.extend(line.number for line in look.lines)
        counts.append(len(look.survivors))
        assert not look.finished
        assert writer_of(run) is not None
        assert look.W is not None
        assert look.progress.trainings_per_second > 0

    evolve("memory-exact", run=run, generations=6, callbacks=[looked], **SMALL)
    assert seen == list(range(6))
    assert min(counts) > 0
    assert watcher.look().finished
    assert writer_of(run) is None


def test_operators_and_races_are_told_while_a_search_runs_in_the_words_of_its_report(tmp_path, monkeypatch):
    monkeypatch.setattr("statescape.live.watched.PACE", {"progress": 0.0, "rest": 0.0})
    run, told = tmp_path / "now.run", []
    watched = Watched(Folder(tmp_path), "now.run")
    result = evolve(
        "memory-exact", run=run, generations=6, callbacks=[lambda _: told.append(parts(watched)) and None], **SMALL
    )
    captions = [one["figures"]["captions"] for one in told]
    assert any("operators" in one for one in captions)
    assert any("races" in one for one in captions)
    ended = parts(Watched(Folder(tmp_path), "now.run"))["figures"]["captions"]
    drawn = pictures(read_evolution(result))
    assert {name: ended[name] for name in ("operators", "races")} == {
        name: drawn[name].caption for name in ("operators", "races")
    }


def test_pictures_that_were_put_off_are_told_later_and_those_of_the_end_at_once(tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr("statescape.live.watched.time", clock)
    run, told = tmp_path / "now.run", []
    watched = Watched(Folder(tmp_path), "now.run")

    def look(_) -> None:
        clock.now += PACE["progress"]
        told.append(set(parts(watched)["figures"]["captions"]))
        if len(told) == 2:  # nothing new is written, what is behind comes all the same
            clock.now += PACE["rest"]
            told.append(set(parts(watched)["figures"]["captions"]))

    evolve("memory-exact", run=run, generations=3, callbacks=[look], **SMALL)
    assert "survivors" in told[0]
    assert told[1] == {"progress"}
    assert "survivors" in told[2]
    assert "progress" not in told[2]
    assert {"progress", "survivors"} <= set(parts(watched)["figures"]["captions"])


def test_units_keep_their_places_as_the_wiring_changes(tmp_path):
    run, told = tmp_path / "now.run", []
    watched = Watched(Folder(tmp_path), "now.run")
    evolve("memory-exact", run=run, generations=12, callbacks=[lambda _: told.append(parts(watched)) and None], **SMALL)
    wirings = [one["wiring"] for one in told if "wiring" in one]
    assert len({json.dumps(one["edges"]) for one in wirings}) > 1
    assert len({json.dumps(one["places"]) for one in wirings}) == 1


def test_a_run_that_is_damaged_or_deleted_while_watched_says_so_and_may_come_back(folder):
    file = folder.path / "done<b>.run"
    whole = file.read_bytes()
    watched = Watched(folder, file.name)
    parts(watched)
    file.write_bytes(b"\0" * 4000)
    assert "no run that statescape wrote" in parts(watched)["gone"]["reason"]
    assert list(watched.changes()) == []
    file.unlink()
    assert "There is no run" in parts(watched)["gone"]["reason"]
    file.write_bytes(whole)
    assert parts(watched)["run"]["finished"]


def test_a_run_that_is_begun_anew_under_its_name_is_told_anew(tmp_path):
    run = tmp_path / "a.run"
    evolve("memory-exact", run=run, generations=5, **SMALL)
    watched = Watched(Folder(tmp_path), "a.run")
    assert parts(watched)["run"]["generations"] == 5
    run.unlink()
    evolve("memory-exact", run=run, generations=2, **SMALL)
    assert parts(watched)["run"]["generations"] == 2


@pytest.mark.parametrize("name", ["../x.run", "/etc/passwd", "", ".", "x/../done<b>.run", "done<b>.run\0"])
def test_no_run_outside_of_the_folder_is_read(folder, name):
    with pytest.raises(StatescapeError, match="There is no run"):
        folder.run(name)


def test_a_page_begins_what_the_command_would_and_is_refused_in_the_same_words(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(Searches, "start", lambda _, run, words: begun.append([run.name, *words]))
    asked = {"task": "narma10", "units": 8, "generations": 2, "seed": 1, "encoding": "modules", "level": "weights"}
    assert Folder(tmp_path).begin(asked) == "narma10-1.run"
    assert begun[0][:5] == ["narma10-1.run", "evolve", "narma10", "--units", "8"]
    with pytest.raises(StatescapeError, match="take it with the encoding modules"):
        Folder(tmp_path).begin({**asked, "encoding": "ternary"})
    assert len(begun) == 1


@pytest.mark.parametrize(
    "spoilt",
    [{"task": "/etc/passwd"}, {"task": "--help"}, {"units": "9"}, {"units": 10**9}, {"units": True}, {"seed": -1},
     {"generations": None}, {"encoding": "x; rm"}, {"level": "signs"}],
)  # fmt: skip
def test_what_is_no_search_is_refused(tmp_path, spoilt):
    asked = {"task": "narma10", "units": 8, "generations": 2, "seed": 1, "encoding": "ternary", "level": "wiring"}
    with pytest.raises(StatescapeError):
        Folder(tmp_path).begin({**asked, **spoilt})
    assert list(tmp_path.iterdir()) == []


def test_pages_of_a_run_and_of_a_candidate_reach_nothing_of_the_server(folder, evolved_run):
    champion = champion_of(evolved_run).candidate.number

    def none(_: str):
        raise AssertionError

    with in_thread(Shelf(["none"], none), folder=folder) as served:
        found = f"run=done%3Cb%3E.run&token={served.token}"
        status, content, headers = served.answer(f"/report?{found}&candidate={champion}")
        assert status == 200
        assert f"candidate {champion}".encode() in content
        assert served.token.encode() not in content
        assert headers["content-security-policy"].startswith("sandbox allow-scripts")
        assert served.ask(f"/report?{found}&candidate=999999")[0] == 400
        assert served.ask(f"/report?{found}&candidate=-1")[0] == 400
        assert served.ask("/report?run=done%3Cb%3E.run")[0] == 401
        assert served.ask("/api/runs/interrupt", {"run": "done<b>.run"}, x_statescape_token=served.token)[0] == 400
        assert served.ask("/api/runs/delete", {"run": "done<b>.run"}, x_statescape_token=served.token)[0] == 400
        assert b"/etc" not in served.ask(f"/reservoirs?token={served.token}")[1]


def test_events_are_told_within_a_second_and_end_with_the_connection(folder, evolved_run):
    def none(_: str):
        raise AssertionError

    with in_thread(Shelf(["none"], none), folder=folder) as served:
        connection = HTTPConnection("127.0.0.1", served.port, timeout=10)
        connection.request("GET", f"/api/watch?token={served.token}")
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")

        def told() -> dict:
            while not (line := answer.readline()).startswith(b"data: "):
                assert line
            return json.loads(line.removeprefix(b"data: "))

        assert [one["name"] for one in told()["runs"]] == ["done<b>.run"]
        shutil.copy(evolved_run, folder.path / "another.run")
        begun = time.monotonic()
        assert {one["name"] for one in told()["runs"]} == {"done<b>.run", "another.run"}
        assert time.monotonic() - begun < 1.5
        connection.close()
        with in_thread(Shelf(["none"], none)) as without:
            assert without.ask(f"/api/watch?token={without.token}")[0] == 400


def test_children_end_with_the_server_also_those_that_do_not_hear_ctrl_c(tmp_path):
    searches = Searches()
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    started = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
    started.stdout.readline()
    searches._children[tmp_path / "a.run"] = (started, (tmp_path / "said").open("wb+"))
    begun = time.monotonic()
    searches.end()
    assert started.wait(5) == -9
    assert time.monotonic() - begun < 2
    started.stdout.close()
