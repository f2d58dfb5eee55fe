"""Live pages of a French session: what the page, its scripts and the server say."""

import json
import re
import shutil

import pytest

from statescape.analysis import conclude, read_path
from statescape.live.reservoirs import Folder
from statescape.live.shelf import Shelf
from statescape.live.watched import Watched
from statescape.wording import speaking
from statescape.wording.catalogue import catalogue
from tests.live.serving import Served, in_thread
from tests.live.test_pages import Opened

TEXT = "Once upon a time, there was a"
SEEN = """() => {
    const found = new Set();
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest("script, style")) found.add(walker.currentNode.data.trim());
    }
    for (const element of document.querySelectorAll("[title], [aria-label]")) {
        for (const name of ["title", "aria-label"]) found.add((element.getAttribute(name) ?? "").trim());
    }
    return [...found];
}"""
"""Every text of a page, and every name that is heard or hovered."""


@pytest.fixture(scope="module")
def folder(evolved_run, tmp_path_factory) -> Folder:
    made = tmp_path_factory.mktemp("runs")
    shutil.copy(evolved_run, made / "done<b>.run")
    return Folder(made)


@pytest.fixture(scope="module")
def served(model, folder):
    with in_thread(Shelf(["story"], lambda _: model), folder, "fr") as found:
        yield found


def page_of(served: Served, path: str) -> str:
    status, content = served.ask(f"{path}?token={served.token}")
    assert status == 200
    return content.decode()


def test_pages_and_scripts_are_french_and_nothing_is_left_unsaid(served):
    language, reservoirs = page_of(served, "/"), page_of(served, "/reservoirs")
    assert '<html lang="fr">' in language
    assert "Suivre la trajectoire d’un texte" in language
    assert "la moyenne de cet état sur le texte" in language
    assert "Lancer une recherche" in reservoirs
    assert '<option value="ternary" selected>ternary (ternaire)' in reservoirs
    scripts = [page_of(served, f"/assets/{name}.js") for name in ("asking", "live", "runs")]
    assert "Le serveur ne répond pas" in scripts[1]
    assert "`Le serveur a répondu ${status}.`" in scripts[0]
    assert not any("§" in one for one in (language, reservoirs, *scripts))


def test_a_page_without_a_folder_says_so_in_french(model):
    with in_thread(Shelf(["story"], lambda _: model), language="fr") as served:
        assert "Aucun dossier d’exécutions" in page_of(served, "/reservoirs")


def test_answers_and_refusals_are_french(served, model):
    text, _, figures, words, _ = served.parts(text=TEXT)
    assert text["part"] == "text"
    with speaking("fr"):
        assert words["sentences"] == list(conclude(read_path(model.trace(TEXT)[-1])).sentences)
    assert figures["captions"]["plane"].startswith("ACP")
    assert served.parts(text=" ")[0]["error"] == "Tapez quelques mots."
    *_, edited, _ = served.parts(text=TEXT, edit="3,2,mean")
    assert "est remplacé par la moyenne de cet état sur le texte" in edited["sentence"]
    asked = {"x_statescape_token": served.token}
    assert json.loads(served.ask("/api/save", {"text": TEXT, "kind": "x"}, **asked)[1]) == {
        "error": "Une page s’enregistre comme path ou sphere."
    }
    assert "La trajectoire vers" in served.ask("/api/save", {"text": TEXT, "kind": "path"}, **asked)[1].decode()
    assert "Le jeton manque" in served.ask("/")[1].decode()
    begun = {"task": "narma10", "units": 1}
    assert json.loads(served.ask("/api/runs/begin", begun, **asked)[1]) == {
        "error": "Unités\u202f: un nombre entier de 2 à 2\u202f000."
    }


def test_a_run_is_told_in_french(folder):
    with speaking("fr"):
        told = {one["part"]: one for one in Watched(folder, "done<b>.run").changes()}
        (listed,) = folder.listing()
    assert (listed["kind"], listed["status"]) == ("évolution", "finie")
    assert [name for name, _ in told["run"]["facts"]] == ["tâche", "unités", "codage", "niveau", "stratégie", "graine"]
    assert ["codage", "ternary (ternaire)"] in told["run"]["facts"]
    assert any(re.match(r"génération \d+\u202f: meilleur \d,\d{4}, médian", one) for one in told["events"]["events"])
    assert any(one.startswith("sceau mask\u202f: champion ") for one in told["events"]["events"])
    captions = told["figures"]["captions"]
    assert captions["progress"].startswith("Score moyen")
    assert captions["sealed"].startswith("Score moyen sous")
    assert "survivant" in captions["survivors"]


@pytest.mark.slow
def test_no_english_is_seen_on_french_pages(browser, served):
    french = {text for entry in catalogue("fr").values() for text in ([entry] if isinstance(entry, str) else entry)}
    english = {
        text
        for text, said in catalogue("fr").items()
        if "{" not in text and text not in french and said[: len(text) + 2] != f"{text} ("  # names keep their own
    }
    language = Opened(browser, served.link)
    language.page.fill("#text", TEXT)
    language.answered(TEXT)
    language.page.click("#compare")
    language.page.fill("#beside", "The dog was very")
    language.until("document.getElementById('apart').textContent !== ''")
    language.answered(TEXT)
    language.page.click("#lens tbody tr:first-child td:last-child")
    runs = Opened(browser, served.link.replace("/?", "/reservoirs?"))
    runs.page.click("#list button")
    runs.page.wait_for_selector("html[data-drawn]")
    for opened in (language, runs):
        assert english & set(opened.page.evaluate(SEEN)) == set()
        assert opened.errors == []
        opened.assert_readable()
        opened.page.close()
