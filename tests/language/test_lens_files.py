"""A lens file is read whole or refused in one line that names the part: ninety ways to be no lens for a model."""

import io
import json
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save, save_file

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language import JacobianLens, TunedLens, load_lens
from statescape.language.lens.files import save_lens, unembedding_hash
from statescape.language.lens.training import Translators, read_state, write_state
from tests.language.families import FAMILIES, build, word_tokenizer

WIDTH, BLOCKS = 32, 3
PEERS = Path(__file__).parent / "peers"


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model(build(FAMILIES[0]), tokenizer=word_tokenizer())


def matrix(**changed: Any) -> torch.Tensor:
    return torch.eye(WIDTH, **changed)


def jacobian(content: Any) -> Callable[[Path, Any], Path]:
    """Writes a file of jacobian-lens with this content."""

    def write(folder: Path, _: Any) -> Path:
        torch.save(content, folder / "lens.pt")
        return folder / "lens.pt"

    return write


def one(part: Any) -> Callable[[Path, Any], Path]:
    """A Jacobian lens of two blocks, the second of which is this, or what this makes (kinds that torch warns of)."""

    def write(folder: Path, model: Any) -> Path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return jacobian({"J": {0: matrix(), 1: part() if isinstance(part, FunctionType) else part}})(folder, model)

    return write


def tuned(config: Any = None, **changed: Any) -> Callable[[Path, Any], Path]:
    """A folder of tuned-lens without hash, with parts changed (None: left out)."""

    def write(folder: Path, _: Any) -> Path:
        parts = {f"{state}.weight": matrix() for state in range(BLOCKS)}
        parts |= {f"{state}.bias": torch.zeros(WIDTH) for state in range(BLOCKS)}
        parts |= {name.replace("_", "."): part for name, part in changed.items()}
        torch.save({name: part for name, part in parts.items() if part is not None}, folder / "params.pt")
        text = config if isinstance(config, str) else json.dumps({} if config is None else config)
        (folder / "config.json").write_text(text)
        return folder

    return write


def own(header: dict[str, str | None] | None = None, **changed: Any) -> Callable[[Path, Any], Path]:
    """A folder of ours with parts or fields of the header changed (None: left out)."""

    def write(folder: Path, model: Any) -> Path:
        fields: dict[str, str | None] = {"format": "statescape-lens-1", "kind": "tuned", "reads": "[0, 1, 2]"}
        fields |= {"model": "GPT2", "unembedding_sha256": unembedding_hash(model), **(header or {})}
        parts = {"matrices": matrix().repeat(BLOCKS, 1, 1), "biases": torch.zeros(BLOCKS, WIDTH)} | changed
        save_file(
            {name: part for name, part in parts.items() if part is not None},
            folder / "lens.safetensors",
            metadata={name: value for name, value in fields.items() if value is not None},
        )
        return folder

    return write


def cut(write: Callable[[Path, Any], Path], file: str, share: float) -> Callable[[Path, Any], Path]:
    """The same with only a share of a file's bytes."""

    def shorten(folder: Path, model: Any) -> Path:
        at = write(folder, model)
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(len(content) * share)])
        return at

    return shorten


def pickled(content: Any) -> Callable[[Path, Any], Path]:
    def write(folder: Path, _: Any) -> Path:
        (folder / "lens.pt").write_bytes(pickle.dumps(content))
        return folder / "lens.pt"

    return write


def repacked(compression: int, **changed: bytes) -> Callable[[Path, Any], Path]:
    """A file of torch with its members compressed, or others in their place."""

    def write(folder: Path, model: Any) -> Path:
        file = one(matrix())(folder, model)
        members = zipfile.ZipFile(io.BytesIO(file.read_bytes()))
        with zipfile.ZipFile(file, "w", compression) as packed:
            for name in members.namelist():
                packed.writestr(name, changed.get(Path(name).stem, members.read(name)))
        return file

    return write


def declared(rows: int) -> Callable[[Path, Any], Path]:
    """Matrices that say to be of many more numbers than the file holds."""

    def write(folder: Path, model: Any) -> Path:
        file = one(matrix())(folder, model)
        content = zipfile.ZipFile(io.BytesIO(file.read_bytes())).read("lens/data.pkl")
        number, more = b"M" + (WIDTH * WIDTH).to_bytes(2, "little"), b"J" + (rows * rows).to_bytes(4, "little")
        shape, larger = b"K\x20K\x20\x86", (b"J" + rows.to_bytes(4, "little")) * 2 + b"\x86"
        assert number in content
        assert shape in content
        return repacked(0, data=content.replace(number, more).replace(shape, larger))(folder, model)

    return write


def folder_with(**files: bytes) -> Callable[[Path, Any], Path]:
    def write(folder: Path, _: Any) -> Path:
        for name, content in files.items():
            (folder / name.replace("_", ".")).write_bytes(content)
        return folder

    return write


def closed(folder: Path, model: Any) -> Path:
    """A folder where a file is expected."""
    (own()(folder, model) / "lens.safetensors").unlink()
    (folder / "lens.pt").mkdir()
    return folder / "lens.pt"


def nan(value: float) -> torch.Tensor:
    spoilt = matrix()
    spoilt[3, 4] = value
    return spoilt


MANY = tuple(matrix() for _ in range(12))
MALFORMED: dict[str, tuple[Callable[[Path, Any], Path], str]] = {
    # Jacobian lenses
    "last block only": (jacobian({"J": {BLOCKS - 1: matrix()}}), r"holds only J\[2\], of the last block"),
    "last block moves": (
        jacobian({"J": {0: matrix(), 2: torch.ones(WIDTH, WIDTH)}}),
        "model of more blocks than the 3",
    ),
    "last block is zero": (jacobian({"J": {0: matrix(), 2: 0 * matrix()}}), "of more blocks than the 3"),
    "no J": (jacobian({"K": {0: matrix()}}), "holds no matrices J"),
    "J is empty": (jacobian({"J": {}}), "holds no matrices J"),
    "J is a list": (jacobian({"J": [matrix()]}), "holds no matrices J"),
    "J is a tensor": (jacobian({"J": matrix()}), "holds no matrices J"),
    "a list": (jacobian([matrix()]), "holds no lens but a list"),
    "a tensor": (jacobian(matrix()), "holds no lens but a Tensor"),
    "a number": (jacobian(3), "holds no lens but a int"),
    "layers in words": (jacobian({"J": {"first": matrix()}}), "J goes by different whole numbers .* got first"),
    "layers in long words": (jacobian({"J": {"9" * 5000: matrix()}}), "J goes by different whole numbers"),
    "layers negative": (jacobian({"J": {-1: matrix()}}), "J goes by .* from 0 to 2.* got -1"),
    "layers of half": (jacobian({"J": {0.5: matrix()}}), "J goes by .* got 0.5"),
    "layers true": (jacobian({"J": {True: matrix()}}), "J goes by .* got True"),
    "layers in pairs": (jacobian({"J": {(0, 1): matrix()}}), "J goes by"),
    "too many blocks": (jacobian({"J": dict(enumerate(MANY))}), "J goes by .* from 0 to 2.* got 3"),
    "another width": (one(torch.eye(7)), r"has width 32 and 3 blocks: J\[1\] has the shape 7 x 7, not 32 x 32"),
    "not square": (one(torch.ones(WIDTH, 3)), r"J\[1\] has the shape 32 x 3"),
    "a vector": (one(torch.ones(WIDTH)), r"J\[1\] has the shape 32, not"),
    "a single number": (one(torch.tensor(1.0)), r"J\[1\] has the shape of a single number"),
    "a stack": (one(torch.ones(1, WIDTH, WIDTH)), r"J\[1\] has the shape 1 x 32 x 32"),
    "no rows": (one(torch.ones(0, WIDTH)), r"J\[1\] has the shape 0 x 32"),
    "rows of lists": (one(matrix().tolist()), r"J\[1\] is no dense tensor \(list\)"),
    "nothing there": (one(None), r"J\[1\] is no dense tensor \(NoneType\)"),
    "words": (one("A"), r"J\[1\] is no dense tensor \(str\)"),
    "sparse": (one(matrix().to_sparse()), r"J\[1\] is no dense tensor \(sparse_coo float32 on cpu\)"),
    "sparse, huge": (one(lambda: torch.eye(2).to_sparse().sparse_resize_((10**9, 10**9), 2, 0)), r"J\[1\] is no dense"),
    "sparse rows": (one(lambda: matrix().to_sparse_csr()), r"J\[1\] is no dense tensor"),
    "no storage": (one(matrix(device="meta")), r"J\[1\] is no dense tensor"),
    "one number stretched": (one(torch.ones(1, dtype=torch.half).expand(10**6, 10**6)), r"1000000 x 1000000, not 32"),
    "integers": (one(matrix().long()), r"J\[1\] holds no floating point numbers \(strided int64 on cpu\)"),
    "truths": (one(matrix().bool()), r"J\[1\] holds no floating point numbers"),
    "complex": (one(matrix(dtype=torch.complex64)), r"J\[1\] holds no floating point numbers"),
    "quantised": (
        one(lambda: torch.quantize_per_tensor(matrix(), 0.1, 0, torch.qint8)),
        r"J\[1\] holds no floating point numbers|no plain tensors|cannot be read as plain tensors",
    ),
    "NaN": (one(nan(float("nan"))), r"J\[1\] holds numbers that are NaN or infinite"),
    "infinite": (one(nan(float("-inf"))), r"J\[1\] holds numbers that are NaN or infinite"),
    "infinite as float32": (one(matrix(dtype=torch.float64) * 1e300), r"J\[1\] holds numbers that are NaN or infinite"),
    "an array": (pickled({"J": {0: np.eye(WIDTH)}}), "cannot be read as plain tensors"),
    "code": (pickled({"J": print}), "cannot be read as plain tensors"),
    "a module": (jacobian(torch.nn.Linear(2, 2)), "cannot be read as plain tensors"),
    "empty file": (folder_with(lens_pt=b""), "cannot be read as plain tensors"),
    "text": (folder_with(lens_pt=b"not a lens\n"), "cannot be read as plain tensors"),
    "cut in the middle": (cut(one(matrix()), "lens.pt", 0.5), "cannot be read as plain tensors"),
    "cut at the end": (cut(one(matrix()), "lens.pt", 0.99), "cannot be read as plain tensors"),
    "compressed": (repacked(zipfile.ZIP_DEFLATED), "cannot be read as plain tensors"),
    "more declared than there": (declared(40), "cannot be read as plain tensors"),
    "very much declared": (declared(16_384), "cannot be read as plain tensors"),
    # tuned-lens
    "config is a list": (tuned([1]), "config.json holds a list, not a dict"),
    "config is no JSON": (tuned("{"), "config.json is no JSON"),
    "config of brackets": (tuned("[" * 200_000), "config.json is no JSON"),
    "config in bytes": (folder_with(config_json=b"\xff\xfe\xff", params_pt=b""), "config.json cannot be read as text"),
    "another hash": (tuned({"unembed_hash": "0" * 64, "base_model_name_or_path": "x" * 9000}), "another unembedding"),
    "hash of another kind": (tuned({"unembed_hash": [1]}), "another unembedding"),
    "parameters without config": (folder_with(params_pt=b""), "holds no lens; give a folder with"),
    "config without parameters": (folder_with(config_json=b"{}"), "holds no lens; give a folder with"),
    "a translator less": (tuned(**{"2_weight": None, "2_bias": None}), "lacks the part 2.weight"),
    "a translator more": (tuned(**{"3_weight": matrix(), "3_bias": torch.zeros(WIDTH)}), "holds a part 3.weight that"),
    "one bias less": (tuned(**{"1_bias": None}), "lacks the part 1.bias"),
    "weight without its square": (tuned(**{"1_weight": torch.zeros(WIDTH)}), "1.weight has the shape 32, not 32 x 32"),
    "widths mixed": (tuned(**{"1_weight": torch.eye(31)}), "1.weight has the shape 31 x 31, not 32 x 32"),
    "bias of another width": (tuned(**{"1_bias": torch.zeros(31)}), "1.bias has the shape 31, not 32"),
    "bias of integers": (tuned(**{"1_bias": torch.zeros(WIDTH, dtype=torch.int32)}), "1.bias holds no floating point"),
    "bias in a list": (tuned(**{"1_bias": [0.0] * WIDTH}), "1.bias is no dense tensor"),
    "bias NaN": (tuned(**{"0_bias": torch.full((WIDTH,), float("nan"))}), "0.bias holds numbers that are NaN"),
    "older names": (tuned(input_translator_weight=matrix()), "input.translator.weight that is not read"),
    # ours
    "no hash": (own({"unembedding_sha256": None}), "header lacks unembedding_sha256"),
    "no model either": (own({"unembedding_sha256": "0", "model": None}), r"another unembedding \(unknown model\)"),
    "no format": (own({"format": None}), "no lens of this version"),
    "another format": (own({"format": "statescape-lens-9"}), "no lens of this version"),
    "another kind": (own({"kind": "Jacobian"}), "no lens of this version"),
    "no reads": (own({"reads": None}), "reads of its header is no JSON"),
    "reads in a text": (own({"reads": '"012"'}), "reads of its header holds a str"),
    "reads a number": (own({"reads": "3"}), "reads of its header holds a int"),
    "reads deep": (own({"reads": "[" * 100_000}), "reads of its header is no JSON"),
    "reads nothing": (own({"reads": "[]"}), "reads goes by different whole numbers"),
    "reads halves": (own({"reads": "[0, 1, 1.5]"}), "reads goes by .* got 1.5"),
    "reads lists": (own({"reads": "[[0], 1, 2]"}), r"reads goes by .* got \[0\]"),
    "reads twice": (own({"reads": "[0, 1, 1]"}), r"reads goes by .* got \[0, 1, 1\]"),
    "reads beyond": (own({"reads": "[0, 1, 7]"}), "reads goes by .* got 7"),
    "reads fewer": (own({"reads": "[0, 1]"}), "matrices has the shape 3 x 32 x 32, not 2 x 32 x 32"),
    "no biases": (own(biases=None), "lacks the part biases"),
    "another part": (own(extra=torch.zeros(1)), "holds a part extra that is not read"),
    "matrices of integers": (
        own(matrices=torch.zeros(3, WIDTH, WIDTH, dtype=torch.int8)),
        "matrices holds no floating",
    ),
    "biases infinite": (own(biases=torch.full((3, WIDTH), float("inf"))), "biases holds numbers that are NaN or inf"),
    "biases turned": (own(biases=torch.zeros(WIDTH, 3)), "biases has the shape 32 x 3, not 3 x 32"),
    "cut header": (cut(own(), "lens.safetensors", 0.001), "is damaged or cannot be read"),
    "cut numbers": (cut(own(), "lens.safetensors", 0.7), "is damaged or cannot be read"),
    "no bytes": (cut(own(), "lens.safetensors", 0.0), "is damaged or cannot be read"),
    "huge header": (folder_with(lens_safetensors=b"\xff" * 8 + b"{}"), "is damaged or cannot be read"),
    # names
    "a folder as file": (closed, "holds no lens; give a folder"),
    "a very long name": (lambda folder, _: folder / ("x" * 5000), "There is no lens to read at .*: File name too long"),
    "nobody's home": (lambda *_: Path("~nobody-of-this-name/lens"), "There is no lens to read at"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_lens_is_refused_by_the_name_of_its_part(name: str, model: Any, tmp_path: Path) -> None:
    write, words = MALFORMED[name]
    with pytest.raises(StatescapeError, match=words) as refusal:
        load_lens(write(tmp_path, model), model)
    said = str(refusal.value)
    assert "\n" not in said
    assert len(said.replace(str(tmp_path), "")) < 300


def test_the_same_files_unharmed_are_read(model: Any, tmp_path: Path) -> None:
    """Else everything would be refused."""
    for number, write in enumerate((
        one(matrix()), jacobian({"J": {0: matrix(dtype=torch.bfloat16), 1: matrix(dtype=torch.float64)}}),
        jacobian({"J": {1: matrix(), 2: 0.3 * matrix()}}), jacobian({"J": {0: torch.nn.Parameter(matrix())}}),
        tuned(), tuned(**{f"{state}_bias": None for state in range(BLOCKS)}), own(),
        own({"reads": "[1]", "model": None}, matrices=matrix(dtype=torch.bfloat16)[None], biases=torch.zeros(1, WIDTH)),
    )):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        lens = load_lens(write(folder, model), model)
        assert isinstance(lens, TunedLens | JacobianLens)
        expected = 2 if number == 4 or number == 5 else 1  # tuned-lens adds the state itself
        np.testing.assert_array_equal(lens.matrices[0], expected * np.eye(WIDTH))
    assert load_lens(str(PEERS / "jacobian.pt"), model).reads == (1, 2)


def test_a_fitted_lens_is_held_to_its_hash(model: Any, tmp_path: Path) -> None:
    lens = TunedLens((0,), np.eye(WIDTH, dtype=np.float32)[None], np.zeros((1, WIDTH), np.float32))
    save_lens(lens, model, tmp_path / "lens.safetensors")
    assert load_lens(tmp_path / "lens.safetensors", model).reads == (0,)
    other = ss.load_model(build(FAMILIES[0], seed=9), tokenizer=word_tokenizer())
    with pytest.raises(StatescapeError, match="another unembedding"):
        load_lens(tmp_path, other)


@pytest.mark.parametrize("spoil", ["bytes", "missing", "shape", "NaN", "integers"])
def test_a_damaged_checkpoint_of_a_fit_is_refused(model: Any, spoil: str) -> None:
    states = model.anatomy.states(torch.arange(2, 9)).clone()
    translators = Translators.begin(states, 0.1)
    translators.step(model, states, 1.0)
    kept = write_state(translators, 1, 7)
    assert read_state(kept, model)[1:] == (1, 7)
    parts = load(kept)
    part = "spread" if spoil == "shape" else "matrices.exp_avg"
    changed = {
        "shape": torch.ones(BLOCKS, WIDTH),
        "NaN": parts[part] * float("nan"),
        "integers": parts[part].long(),
        "missing": parts[part],
        "bytes": parts[part],
    }[spoil]
    parts = {name: value for name, value in (parts | {part: changed}).items() if spoil != "missing" or name != part}
    with pytest.raises(StatescapeError, match=r"damaged checkpoint \(" + ("no tensors" if spoil == "bytes" else part)):
        read_state(kept[:-9] if spoil == "bytes" else save(parts), model)


def test_a_lens_of_another_width_reads_nothing(model: Any) -> None:
    narrow = JacobianLens((0,), np.eye(7, dtype=np.float32)[None])
    with pytest.raises(StatescapeError, match="lens is for width 7; these states have width 32"):
        model.trace("w1 w2 w3").lens(lens=narrow)
