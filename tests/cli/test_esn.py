"""``statescape esn`` from end to end: tasks, real files, figures, and one line for whatever is wrong."""

import json

import numpy as np
import pytest
from scipy import stats

from tests.cli.running import assert_refused, english_in, in_process, statescape
from tests.material import material


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments: in_process(monkeypatch, capfd, *arguments)


def _numbers(run, folder, *arguments):
    file = folder / "esn.json"
    result = run("esn", *arguments, "--json", file)
    assert result.returncode == 0, result.stderr
    return result, json.loads(file.read_text())


@pytest.mark.parametrize(
    ("file", "target", "at_most"),
    [
        ("sunspots_monthly_silso_v2.csv", "sunspot_number", 0.36),
        ("mackey_glass_tau17.csv", "x", 0.0005),
        ("santafe_laser_A.csv", "intensity", 0.2),
        ("melbourne_daily_min_temp.csv", "Temp", 0.6),
    ],
)
def test_real_series_are_forecast_better_than_by_persistence(run, tmp_path, file, target, at_most):
    """The figures of docs/reservoir.md."""
    _, data = _numbers(run, tmp_path, material(f"series/{file}"), "--target", target, "--trials", 10)
    assert data["score"]["mean"] < at_most
    assert data["score"]["ci95"][1] < data["persistence"]["ci95"][0] or file.startswith("sunspots")
    assert data["score"]["mean"] < data["persistence"]["mean"]
    assert data["score"]["ci95"][0] <= data["score"]["mean"] <= data["score"]["ci95"][1]


def test_what_is_printed_is_what_is_written(run, tmp_path):
    result, data = _numbers(run, tmp_path, "narma10", "--trials", 4, "--seed", 3)
    header, score, persistence, method, _, network = result.stdout.splitlines()[:6]
    assert method == "95% interval: Student's t over 4 trials"
    assert header.split()[:3] == ["narma10", "mean", "95%"]
    assert f"{data['score']['mean']:.4g}" in score
    assert "{:.4g} to {:.4g}".format(*data["score"]["ci95"]) in score
    assert f"{max(data['scores']):.4g}" in score
    assert persistence.startswith("persistence")
    assert f"{data['persistence']['mean']:.4g}" in persistence
    assert network.startswith(
        "100 units, erdos-renyi, 1,000 weights; sr 0.9, lr 1, input scaling 0.1, bias 0.1, ridge "
    )
    assert np.mean(data["scores"]) == pytest.approx(data["score"]["mean"])
    assert data["first_network"]["spectral_radius"] == pytest.approx(0.9)
    assert 0.2 < data["score"]["mean"] < 0.45


def test_a_seed_fixes_every_number(run, tmp_path):
    runs = [_numbers(run, tmp_path, "henon", "--trials", 3, "--seed", seed)[1] for seed in (1, 1, 2)]
    for one in runs:
        one.pop("seconds")
    assert runs[0] == runs[1]
    assert runs[0]["scores"] != runs[2]["scores"]


def test_the_first_trials_of_many_are_those_of_few(run, tmp_path):
    few = _numbers(run, tmp_path, "narma10", "--trials", 2)[1]["scores"]
    assert _numbers(run, tmp_path, "narma10", "--trials", 4)[1]["scores"][:2] == few


@pytest.mark.parametrize("topology", ["SCR", "DLR", "DLRB", "CRJ", "small-world", "scale-free", "modular", "scr"])
def test_every_topology_runs(run, tmp_path, topology):
    _, data = _numbers(run, tmp_path, "narma10", "--topology", topology, "--trials", 2, "--units", 60)
    assert data["score"]["mean"] < 0.6


def test_columns_horizon_and_split_reach_the_task(run, tmp_path):
    rng = np.random.default_rng(0)
    drive = rng.normal(size=600)
    echo = np.concatenate([np.zeros(3), drive[:-3]])  # the target is the input of three rows ago
    rows = [f"{a:.6f},{b:.6f}" for a, b in zip(drive, echo, strict=True)]
    file = tmp_path / "echo.csv"
    file.write_text("drive,echo\n" + "\n".join(rows) + "\n")
    same = _numbers(run, tmp_path, file, "--input", "drive", "--target", "echo", "--horizon", 0, "--trials", 2)[1]
    assert same["score"]["mean"] < 0.1
    ahead = _numbers(run, tmp_path, file, "--input", "drive", "--target", "echo", "--horizon", 5, "--trials", 2)[1]
    assert ahead["score"]["mean"] > 0.9  # what will be drawn in two rows cannot be known
    assert same["persistence"] is None


def test_what_was_understood_of_a_table_is_printed_and_written(run, tmp_path):
    text = "Lab 3\nday|u|y|z\n" + "".join(
        f"{'2020' if n < 300 else '2021'}-{n // 25 % 12 + 1:02}-{n % 25 + 1:02}|{n % 7}|{np.sin(n):.4f}|{n % 5},5\n"
        for n in range(600)
    )
    file = tmp_path / "Räume.csv"
    file.write_bytes(text.replace(".", ",").encode("latin-1"))
    options = ["--target", "y", "--target", "z", "--input", "u", "--skip-rows", 1, "--window", 200, "--trials", 2]
    result, data = _numbers(run, tmp_path, file, *options)
    read, asked, note = result.stdout.splitlines()[-4:-1]
    assert read == "Räume.csv: 600 rows; separated by bars; UTF-8; header in line 2; decimal commas"
    assert asked == "y, z from u, 1 row ahead; windows of 200 rows, the first 140 train (14 of them warmup)"
    assert note.startswith("note: 'day' has 23 gaps among 599 steps, first before line 28 (")
    understood = data["data"]
    assert (understood["file"], understood["rows"]) == ("Räume.csv", 600)
    assert (understood["targets"], understood["inputs"]) == (["y", "z"], ["u"])
    assert (understood["horizon"], understood["split"], understood["window"], understood["train"]) == (1, 0.7, 200, 140)
    assert understood["windows"] == {"part": "whole", "possible": 400, "left_out": 0}
    assert understood["read"]["separator"] == "bars"
    assert len(understood["notes"]) == 1


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("{n} {x}\n", ["--no-header", "--target", "2"]),
        ("{n}:{x}\n", ["--no-header", "--target", "2", "--separator", ":"]),
        ("{n}\t{x}\n% half\n", ["--no-header", "--target", "2", "--comment", "%"]),
        ("{x}\n", ["--no-header"]),
    ],
)
def test_options_that_read_a_table(run, tmp_path, text, options):
    file = tmp_path / "x.csv"
    file.write_text("".join(text.format(n=n, x=round(np.sin(n), 4)) for n in range(300)))
    _, data = _numbers(run, tmp_path, file, *options, "--trials", 1, "--units", 10)
    assert data["data"]["rows"] == 300
    assert data["scores"][0] < 0.1  # a sine is easy; anything else would not be


def test_options_of_texts(run, tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(
        ("Größe\n" + "".join(f"{round(np.sin(n), 4)}\n".replace(".", ",") for n in range(300))).encode("cp1252")
    )
    options = ["--text-encoding", "cp1252", "--decimal", ",", "--trials", 1, "--units", 10]
    _, data = _numbers(run, tmp_path, file, *options)
    assert data["data"]["targets"] == ["Größe"]
    assert data["scores"][0] < 0.1


def test_flat_stretches_are_left_out_whatever_the_seed(run, tmp_path):
    """Before, one seed in three ended in "constant in the test part of a trial"."""
    series = np.sin(np.arange(500.0))
    series[200:300] = 0.25
    file = tmp_path / "flat.csv"
    file.write_text("x\n" + "".join(f"{value:.5f}\n" for value in series))
    for seed in range(3):
        result, data = _numbers(run, tmp_path, file, "--window", 120, "--seed", seed, "--trials", 12, "--units", 5)
        out = data["data"]["windows"]["left_out"]
        # A window from s on trains on the inputs of rows s to s + 83 and the targets of s + 1 to s + 84, and tests on
        # s + 85 to s + 120: none may lie within the flat rows 200 to 299.
        rows = [[(s, s + 83), (s + 1, s + 84), (s + 85, s + 120)] for s in range(380)]
        assert out == sum(any(first >= 200 and last <= 299 for first, last in window) for window in rows)
        assert f"note: {out} of 380 windows (whole part) left out" in result.stdout
        assert np.isfinite(data["scores"]).all()


def test_japanese_vowels_are_told_apart(run, tmp_path):
    result, data = _numbers(run, tmp_path, material("series/japanese_vowels_train.csv").parent, "--trials", 2)
    assert data["score_name"] == "error rate"
    assert data["score"]["mean"] < 0.03
    assert "most frequent class" in result.stdout


def test_cogscale_runs_with_the_settings_of_its_authors(run, tmp_path):
    pytest.importorskip("cogscale")
    result, data = _numbers(run, tmp_path, "cogscale:simple_copy:small", "--trials", 2, "--lr", 0.5)
    assert data["task"] == "cogscale:simple_copy:small"
    assert data["score_name"] == "error rate"
    assert (data["settings"]["input_connectivity"], data["settings"]["bias"]) == (0.1, 1.0)
    assert data["settings"]["bias_connectivity"] == 0.1
    assert "bias ±1 on 10% of the units" in result.stdout
    assert "most frequent class" in result.stdout
    assert 0.2 < data["score"]["mean"] < data["persistence"]["mean"]
    _, other = _numbers(
        run, tmp_path, "cogscale:continuous_postcasting:small", "-k", 1, "--bias", 0.2, "--input-connectivity", 0.7,
        "--bias-connectivity", 0.5,
    )  # fmt: skip
    assert (other["settings"]["input_connectivity"], other["settings"]["bias"]) == (0.7, 0.2)
    assert other["settings"]["bias_connectivity"] == 0.5
    assert other["score_name"] == "mean squared error"
    _, usual = _numbers(run, tmp_path, "narma10", "-k", 1)
    assert (usual["settings"]["input_connectivity"], usual["settings"]["bias"]) == (1.0, 0.1)


def test_a_network_that_diverges_scores_infinity_and_says_why(run, tmp_path):
    result, data = _numbers(run, tmp_path, "memory-noisy", "--sr", 1.3, "--trials", 2)
    assert data["score"]["mean"] is None  # JSON knows no infinity
    assert "2 of 2 diverged: Memory capacity needs a spectral radius below 1" in result.stdout


@pytest.mark.parametrize(
    "extremes", [("--units", 1), ("--sr", 0), ("--rc-connectivity", 0), ("--topology", "SCR", "--units", 2)]
)
def test_extremes_run(run, tmp_path, extremes):
    _, data = _numbers(run, tmp_path, "narma10", "--trials", 1, *extremes)
    assert np.isfinite(data["scores"]).all()
    assert data["score"]["ci95"] == [None, None]


def test_figures_are_written_as_png_and_pdf(run, tmp_path):
    folder = tmp_path / "new" / "figures"
    result = run("esn", "narma10", "--trials", 1, "--units", 30, "--figures", folder)
    assert result.returncode == 0, result.stderr
    names = {"outputs", "spectrum", "state-path", "wiring-graph", "wiring-matrix"}
    assert {file.name for file in folder.iterdir()} == {f"{name}.{kind}" for name in names for kind in ("png", "pdf")}
    assert all(file.stat().st_size > 3000 for file in folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["narma1"], "There is no task 'narma1'. Did you mean narma10? Known are: narma10, "),
        (["no.csv"], "There is no file no.csv"),
        (["no/such"], "There is no file no/such"),
        (["narma10", "--target", "x"], "statescape: --target is for files and arrays; narma10 fixes its own"),
        (["narma10", "--input", "x"], "statescape: --input is for files and arrays"),
        (["narma10", "--topology", "star"], "There is no topology 'star'. Known are: erdos-renyi, SCR"),
        (["narma10", "--lr", "2"], "leak rate in (0, 1]"),
        (["narma10", "--sr", "inf"], "--sr takes a finite number"),
        (["narma10", "--input-scaling", "nan"], "--input-scaling takes a finite number"),
        (["narma10", "--bias", "nan"], "--bias takes a finite number"),
        (["narma10", "--ridge", "inf"], "--ridge takes a finite number"),
        (["narma10", "--units", "0"], "greater than or equal to 1"),
        (["narma10", "--trials", "0"], "greater than or equal to 1"),
        (["narma10", "--warmup", "2500"], "shorten the warmup"),
        (["memory-exact", "--warmup", "3"], "memory-exact has no warmup"),
        (["narma10", "--units", "4", "--topology", "CRJ"], "A jump has length 2 to units / 2"),
        (["narma10", "--json", "missing/x.json"], "create it first"),
        (["narma10", "--figures", "file/x"], "file is a file"),
        (["folder"], "holds no Japanese vowels"),
        (["gap.csv"], "gap.csv, line 40: the row is empty"),
        (["short.csv"], "10 of each must remain"),
        (["two.csv"], "several columns of numbers; name the target (--target): a, b"),
        (["two.csv", "--target", "c"], "has no column 'c'; its columns are: a, b"),
        (["two.csv", "--target", "a", "--split", "1.2"], "between 0 and 1; got 1.2"),
        (["two.csv", "--target", "a", "--window", "900"], "a window of 900 rows"),
        (["two.csv", "--target", "a", "--horizon", "0"], "asks for what is given"),
    ],
)
def test_refusals_are_one_line_and_leave_nothing(run, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "gap.csv").write_text("x\n" + "\n".join("" if i == 38 else f"{i % 7}" for i in range(200)) + "\n")
    (tmp_path / "short.csv").write_text("x\n" + "\n".join(f"{i % 7}" for i in range(20)) + "\n")
    (tmp_path / "two.csv").write_text("a,b\n" + "\n".join(f"{i % 7},{i % 5}" for i in range(200)) + "\n")
    before = sorted(tmp_path.iterdir())
    result = run("esn", *arguments, *([] if "--json" in arguments else ["--json", "out.json"]))
    assert_refused(result, words)
    assert sorted(tmp_path.iterdir()) == before


def test_the_command_as_a_process_of_its_own(tmp_path):
    """The kernels come from the disk or are compiled, and then the user is told."""
    result = statescape("esn", "narma10", "--trials", 1)
    assert result.returncode == 0, result.stderr
    assert result.stderr == "" or (
        result.stderr.count("\n") == 1 and "Compiling the reservoir kernels" in result.stderr
    )


@pytest.mark.parametrize(("trials", "method"), [(3, "Student's t"), (10, "Student's t"), (30, "bootstrap")])
def test_the_method_of_the_interval_is_named_and_fits_the_number_of_trials(run, tmp_path, trials, method):
    result, data = _numbers(run, tmp_path, "narma10", "--units", 12, "--trials", trials)
    assert f"95% interval: {method} over {trials} trials" in result.stdout
    assert data["score"]["interval"] == method
    scores = np.array(data["scores"])
    if method == "Student's t":
        expected = stats.ttest_1samp(scores, 0.0).confidence_interval(0.95)
        assert data["score"]["ci95"] == pytest.approx([expected.low, expected.high])


def test_some_trials_that_diverge_leave_an_infinite_end(run, monkeypatch):
    from statescape.studies import esn_trials

    whole = esn_trials.attempt
    turns = iter(range(10))

    def attempt(network, trial):
        from dataclasses import replace

        tried = whole(network, trial)
        return replace(tried, score=float("inf"), reason="It blew up.") if next(turns) == 1 else tried

    monkeypatch.setattr(esn_trials, "attempt", attempt)
    result = run("esn", "narma10", "--units", 12, "--trials", 4)
    assert result.returncode == 0, result.stderr
    assert " to inf" in result.stdout
    assert "1 of 4 diverged: It blew up." in result.stdout


def test_no_ridge_and_as_many_units_as_steps_is_warned_of_in_a_line(run, tmp_path):
    file = tmp_path / "s.csv"
    file.write_text("x\n" + "".join(f"{np.sin(step / 5):.6f}\n" for step in range(120)))
    options = ("--window", 80, "--warmup", 5, "--trials", 2, "--units", 60)
    result, data = _numbers(run, tmp_path, file, *options, "--ridge", 0)
    (line,) = result.stderr.splitlines()
    assert "without a ridge fits any target, noise included" in line
    assert data["warnings"] == [line.removeprefix("statescape: ")]
    result, data = _numbers(run, tmp_path, file, *options, "--ridge", 1e-6)
    assert (result.stderr, data["warnings"]) == ("", [])


MONTHS = [f"{2000 + month // 12}-{1 + month % 12:02}" for month in range(402) if month not in (50, 51)]
WAVE = [f"{np.sin(row / 5):.4f}" for row in range(400)]
FLAT = ["0" if 150 < row < 200 else value for row, value in enumerate(WAVE)]
COMMAS = [value.replace(".", ",") for value in WAVE]
NAMES = [f"s{row // 10}" for row in range(400)]
TENTHS = [f"{row % 10}" for row in range(400)]


@pytest.mark.parametrize(
    ("columns", "mark", "options", "sentences"),
    [
        (
            {"date": MONTHS, "x": COMMAS},
            ";",
            (),
            [
                "x.csv : 400 lignes ; cellules séparées par des points-virgules ; UTF-8 ; en-tête : ligne 1 ; virgules "
                "décimales",
                "x d’après ses propres valeurs, 1 ligne à l’avance ; fenêtres de 266 lignes, les 186 premières pour "
                "l’entraînement (dont 18 d’échauffement)",
                "remarque : 'date' a 1 lacune sur 399 pas, avant la ligne 52 (2,9 fois le pas habituel)",
            ],
        ),
        (
            {"month": TENTHS, "x": WAVE},
            ",",
            (),
            ["remarque : 'month' revient 39 fois en arrière, d’abord à la ligne 12"],
        ),
        (
            {"x": FLAT},
            ",",
            ("--window", 120),
            [
                "remarque : 14 fenêtres sur 280 (toute la série) sont omises, car une colonne y est constante à "
                "l’entraînement ou au test"
            ],
        ),
        (
            {"who": NAMES, "y": TENTHS, "x": WAVE},
            ",",
            ("--sequence", "who"),
            [
                "x.csv : 40 séquences de 10 lignes ; cellules séparées par des virgules ; UTF-8 ; en-tête : ligne 1",
                "x d’après y, à 400 lignes où une réponse est attendue ; 21 séquences pour l’entraînement, 7 pour le "
                "choix de la régularisation ridge, 12 pour le test",
            ],
        ),
        (
            {"x": WAVE},
            ",",
            ("--closed",),
            [
                "valide : jusqu’à ce que l’erreur dépasse 0,4 écart type de la cible, en moyenne sur 10 marches libres "
                "du réseau, bouclé sur ses propres sorties ; au plus 40, la longueur d’une marche libre"
            ],
        ),
        (
            {"x": WAVE[:120]},
            ",",
            ("--window", 80, "--warmup", 5, "--units", 60, "--ridge", 0),
            [
                "statescape: Sans régularisation ridge, une couche de lecture de 60 unités s’ajuste, sur 51 pas "
                "d’entraînement, à n’importe quelle cible, bruit compris ;"
            ],
        ),
    ],
)
def test_in_french_all_that_is_said_of_data_is_french(run, tmp_path, monkeypatch, columns, mark, options, sentences):
    monkeypatch.chdir(tmp_path)
    rows = [mark.join(row) for row in zip(*columns.values(), strict=True)]
    (tmp_path / "x.csv").write_text("\n".join([mark.join(columns), *rows]))
    result = run("esn", "x.csv", "--target", "x", "--units", 9, "--trials", 2, *options, "--language", "fr")
    assert result.returncode == 0, result.stderr
    assert not english_in(result.stdout + result.stderr)
    said = " ".join((result.stdout + result.stderr).split())  # the narrow spaces as well
    for sentence in sentences:
        assert sentence in said


def test_in_french_networks_are_told_in_french(run):
    result = run("esn", "narma10", "--units", 100, "--trials", 2, "--language", "fr")
    said = result.stdout.replace("\u202f", " ")
    assert "NRMSE de 2 réseaux" in said
    assert "intervalle à 95 % : t de Student sur 2 essais" in said
    assert "100 unités, erdos-renyi, 1 000 poids ; sr 0,9, lr 1, échelle d’entrée 0,1, biais 0,1, " in said
    assert not english_in(said + result.stderr)


def test_in_french_a_network_that_diverges_says_why_in_french(run):
    result = run("esn", "memory-noisy", "--sr", 1.3, "--trials", 2, "--language", "fr")
    assert "2 sur 2 ont divergé\u202f: " in result.stdout
    assert not english_in(result.stdout)
