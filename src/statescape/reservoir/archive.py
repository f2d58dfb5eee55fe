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
from statescape.reservoir.readout import Readout

FORMAT = 1
# Settings of a network that its file keeps as JSON.
_FACTS = ("units", "activation", "pooling", "dtype", "noise_rc", "feedback", "classes", "ridge", "fit_bias")


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


def write_network(path: str | Path, network: Any) -> None:
    """Write weights, readout, state and settings of a fitted `EchoStateNetwork`."""
    arrays: dict[str, np.ndarray] = {
        "lr": network.lr,
        "bias": network.bias,
        "ridges": network._ridges,
        "Win": np.asarray(network.Win),
        "Wout": network.readout.weights,
        "intercept": network.readout.intercept,
        "state": network._state,
        "last_output": network._last_output,
    } | matrix_arrays(network.W)
    if network.Wfb is not None:
        arrays["Wfb"] = network.Wfb
    if network.read is not None:
        arrays["read"] = network.read
    facts = {name: getattr(network, name) for name in _FACTS} | {"entropy": str(network._weights.entropy)}
    write_npz(path, arrays, facts)


def read_network(path: str | Path, kind: Any) -> Any:
    """Read what `write_network` wrote.

    Args:
        path: the file.
        kind: `EchoStateNetwork` itself, which is above this module.

    Raises:
        StatescapeError: where the file is missing or is not such a network.
    """
    arrays, facts = read_npz(path, "an echo state network")
    try:
        network = kind(
            W=matrix_from(arrays, int(facts["units"])),
            Win=arrays["Win"],
            Wfb=arrays.get("Wfb"),
            lr=arrays["lr"],
            bias=arrays["bias"],
            ridge=arrays["ridges"],
            activation=facts["activation"],
            pooling=facts["pooling"],
            dtype=facts["dtype"],
            noise_rc=facts["noise_rc"],
            fit_bias=facts.get("fit_bias", True),  # files of 0.1.0 have none without
            seed=int(facts["entropy"]),
            read=arrays.get("read"),
        )
        network.readout = Readout(arrays["Wout"], arrays["intercept"])
        if network.feedback:
            network._weights.onto_outputs(len(network.readout.intercept))
        network._state, network._last_output = arrays["state"], arrays["last_output"]
        network.ridge, network.classes = facts["ridge"], tuple(facts["classes"])
    except (KeyError, TypeError) as error:
        raise StatescapeError(f"{path} is not an echo state network that statescape wrote.") from error
    return network
