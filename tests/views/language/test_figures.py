"""The public doors: `views.plane(path)` and its like, and all figures as files."""

from pathlib import Path

import pytest
from PIL import Image

from statescape import views
from statescape.analysis import read_path
from statescape.errors import StatescapeError
from statescape.views.core.reporting import save_pictures
from statescape.views.language.sphere_still import SphereStill
from tests.views.language.synthetic import HOSTILE, path_of

NAMES = ("plane", "normalisation", "vectors", "cosines", "energy", "steps", "course", "lens", "lens_map")


@pytest.mark.parametrize("name", NAMES)
def test_each_figure_by_itself(name):
    figure = getattr(views, name)(path_of())
    assert len(figure.data) >= 1
    assert figure.layout.template.layout.font.color


def test_the_sphere_is_called_by_its_name_whatever_was_imported_before():
    import statescape.views.globe  # noqa: F401

    widget = views.sphere(path_of())
    widget.layer = 2.5
    assert widget.layer == 2.5


def test_all_figures_as_png_and_pdf_even_with_hostile_words(tmp_path: Path, recwarn):
    path = path_of(3, 48, 60, tokens=("$x$", "\u202e", "日本", ""), first_tokens=HOSTILE)
    files = views.save_figures(path, tmp_path / "new" / "figures")
    assert [file.name for file in files] == [
        f"{name}.{kind}" for name in ("plane", "sphere", *NAMES[1:]) for kind in ("png", "pdf")
    ]
    for file in files:
        content = file.read_bytes()
        assert content.startswith(b"\x89PNG" if file.suffix == ".png" else b"%PDF-")
        if file.suffix == ".png":
            assert Image.open(file).size[0] == 1440
    assert sorted(file.name for file in (tmp_path / "new" / "figures").iterdir()) == sorted(file.name for file in files)
    assert not [str(w.message) for w in recwarn if "Glyph" in str(w.message)]


def test_the_same_numbers_give_the_same_file(tmp_path: Path):
    picture = SphereStill.of(read_path(path_of(2)))
    first, second = (save_pictures([picture], tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StatescapeError, match="Figures cannot be written"):
        views.save_figures(path_of(2), tmp_path / "file" / "figures")
