"""Where a model runs and in what numbers: a device, all GPUs together, a dtype.

A model that is larger than the memory of one GPU is spread over all there are (accelerate's ``device_map``); one that
does not fit then is refused, since weights that wait on the processor or on disk cannot be read where they lie.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from statescape.errors import StatescapeError

SPREAD = "auto"
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_SHORT = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_ROOM = 0.8  # of a GPU's free memory: the rest is for what a pass computes


def device_of(name: str | None) -> torch.device | None:
    """The device of this name; None for all GPUs together ("auto"); a GPU where there is one and none is named.

    Raises:
        StatescapeError: for a device that is not there, or "auto" where accelerate is not installed.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == SPREAD:
        if importlib.util.find_spec("accelerate") is None:
            raise StatescapeError(
                "To spread a model over devices needs what is not installed here: accelerate; pip install "
                "'statescape[gguf]'."
            )
        return None
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise StatescapeError(
            f"A model runs on cpu, cuda, one of several GPUs as cuda:1, or auto for all of them; got {name!r}."
        )
    if device.type == "cuda" and not (device.index or 0) < torch.cuda.device_count():
        count = torch.cuda.device_count()
        found = f"{count} GPU{'s' * (count > 1)}" if count else "no GPU"
        raise StatescapeError(f"There is no {name} here: torch {torch.__version__} finds {found}.")
    return device


def dtype_of(given: str | torch.dtype | None) -> torch.dtype | None:
    """The dtype of this name, "bfloat16" or "bf16"; None where none is named.

    Raises:
        StatescapeError: for another.
    """
    if given is None:
        return None
    name = str(given).removeprefix("torch.")
    if (found := DTYPES.get(_SHORT.get(name, name))) is None:
        raise StatescapeError(f"A model runs in {', '.join(DTYPES)}; got {name!r}.")
    return found


def spreading(device: torch.device | None, named: bool, files: Iterable[Path]) -> dict[str, Any]:
    """What transformers is to be told of places: nothing, or that a model goes where there is room.

    Args:
        device: where it runs; None for all GPUs together.
        named: whether a user named that device.
        files: its weights.
    """
    if device is None:
        return {"device_map": "auto"}
    if named or device.type != "cuda" or importlib.util.find_spec("accelerate") is None:
        return {}
    free, _ = torch.cuda.mem_get_info(device)
    return {"device_map": "auto"} if sum(file.stat().st_size for file in files) > _ROOM * free else {}


def moved(network: Any, device: torch.device | None, name: str) -> Any:
    """The network where it is to run.

    Raises:
        StatescapeError: where it does not fit.
    """
    if any(weight.is_meta for weight in network.parameters()):
        raise StatescapeError(
            f"{name} does not fit into the memory of the devices here; run it in a smaller dtype, or on cpu."
        )
    if device is None or getattr(network, "hf_device_map", None):  # it is where accelerate put it
        return network
    try:
        return network.to(device)
    except torch.cuda.OutOfMemoryError:
        raise StatescapeError(
            f"{name} does not fit into the memory of {device}; run it in a smaller dtype, or on cpu."
        ) from None
