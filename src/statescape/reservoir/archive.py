"""Files of the reservoir wing: an .npz of plain arrays and the settings as JSON text. Nothing is unpickled."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.reservoir.radius import Matrix

FORMAT = 1


def matrix_arrays(W: Matrix) -> dict[str, np.ndarray]:
    """W as named arrays."""
    if isinstance(W, np.ndarray):
        return {"W": W}
    return {"indptr": W.indptr, "indices": W.indices, "data": W.data}


def matrix_from(arrays: dict[str, np.ndarray], units: int) -> Matrix:
    """W from the arrays that `matrix_arrays` named.

    Raises:
        KeyError: where an array is missing.
    """
    if "W" in arrays:
        return arrays["W"]
    return scipy.sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=(units, units))


def write_npz(path: str | Path, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
    """Write arrays, and facts as JSON text among them, whole or not at all.

    Raises:
        StatescapeError: where the file cannot be written.
    """
    text = np.frombuffer(json.dumps({"format": FORMAT} | facts).encode(), dtype=np.uint8)
    with written_whole(Path(path)) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, facts=text, **arrays)


def read_npz(path: str | Path, what: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_npz` wrote; never unpickles.

    Raises:
        StatescapeError: where the file is missing or is not what `write_npz` writes.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays.pop("facts").tobytes().decode())
    except FileNotFoundError:
        raise StatescapeError(f"There is no file {path}.") from None
    except (OSError, ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise StatescapeError(f"{path} does not hold {what} that statescape wrote ({type(error).__name__}).") from None
    if not isinstance(facts, dict):
        raise StatescapeError(f"{path} does not hold {what} that statescape wrote.")
    return arrays, facts
