"""A model's folder by its name on the Hugging Face hub.

What has been downloaded before is used as it is, without a network. Otherwise the hub is asked one short question
first, so that a misspelt name, a missing network or pickled weights are told at once and nothing is downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from statescape.errors import StatescapeError

# Seconds to wait for the hub's first answer.
_PATIENCE = 5
# What a model needs: no pickles, no code, no weights in other formats (which lie in sub-folders).
_WANTED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
_UNWANTED = ["*/*", "consolidated*"]


def snapshot(name: str) -> Path:
    """The folder with the model of that name, downloaded where needed.

    Raises:
        StatescapeError: if the name cannot be one, the hub knows none, it cannot be reached, or has no safetensors.
    """
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", name):
        raise StatescapeError(f"There is no folder {name}.")
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
        if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
            return folder
    except HFValidationError:
        raise StatescapeError(f"There is no folder {name}.") from None
    except LocalEntryNotFoundError:
        pass
    if constants.HF_HUB_OFFLINE:
        raise StatescapeError(f"There is no folder {name}, it was not downloaded before, and HF_HUB_OFFLINE is set.")
    try:
        files = [file.rfilename for file in HfApi().model_info(name, timeout=_PATIENCE).siblings or ()]
    except GatedRepoError as error:
        raise StatescapeError(f"The hub gives {name} only to those who asked for it; see its page there.") from error
    except RepositoryNotFoundError as error:
        raise StatescapeError(f"There is no folder {name}, and the hub has no model of that name.") from error
    except Exception as error:  # the network's many ways to fail
        raise StatescapeError(f"There is no folder {name}, and the hub cannot be reached to look for it.") from error
    require_safetensors(files, name)
    try:
        return Path(snapshot_download(name, allow_patterns=_WANTED, ignore_patterns=_UNWANTED))
    except Exception as error:
        raise StatescapeError(f"The download of {name} broke off; try again, it goes on where it stopped.") from error


def require_safetensors(files: Iterable[str], name: str) -> None:
    """Refuse a model whose weights come as pickles only, or not at all.

    Raises:
        StatescapeError: if none of ``files`` is a safetensors file.
    """
    endings = {Path(file).suffix for file in files}
    if ".safetensors" in endings:
        return
    if endings & {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}:
        raise StatescapeError(
            f"{name} has pickled weights only, which could run code; save it as safetensors (save_pretrained in "
            "transformers does so) and load that."
        )
    raise StatescapeError(f"{name} holds no weights; it needs model.safetensors.")
