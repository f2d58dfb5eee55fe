"""Functions that travel to workers: they must be importable there."""

import os
import signal
import time
from pathlib import Path

from statescape.errors import StatescapeError


def square(number):
    return number * number


def slow_square(task):
    number, seconds = task
    time.sleep(seconds)
    return number * number


def signed(task):
    """Leave a file that says who works on what, and take a while."""
    folder, number = task
    (Path(folder) / f"{number}-{os.getpid()}").touch()
    time.sleep(0.3)
    return number


def die_once(task):
    folder, number = task
    if number == 3 and not (Path(folder) / "died").exists():
        (Path(folder) / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number + 100


def die(number):
    os._exit(3)


def complain(number):
    if number == 2:
        raise KeyError("task 2")
    return number


def refuse(number):
    raise StatescapeError("Not this.")


def threads(number):
    import numpy as np
    import scipy.linalg
    from threadpoolctl import threadpool_info

    scipy.linalg.blas.ddot(np.ones(2), np.ones(2))
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
