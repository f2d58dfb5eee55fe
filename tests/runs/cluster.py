"""A Dask cluster as a user starts it: `dask scheduler` and `dask worker`, processes of their own that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


class Cluster:
    """One scheduler and workers of it; whatever is left is killed at the end."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._folder, self._processes = folder, []
        self.port = port or _free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
        deadline = time.monotonic() + 120
        while not _listens(self.port):
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.05)

    def add_workers(self, count: int, threads: int = 1) -> psutil.Process:
        """`count` worker processes under one nanny process, as `dask worker --nworkers` starts them."""
        arguments = ["--nworkers", str(count), "--nthreads", str(threads), "--no-dashboard", "--host", "127.0.0.1"]
        started = self._start("worker", self.address, *arguments, "--local-directory", str(self._folder))
        return psutil.Process(started.pid)

    def close(self) -> None:
        for started in reversed(self._processes):
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(started.pid).children(recursive=True):
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            started.kill()
            started.wait()

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "dask", kind, *arguments]
        started = subprocess.Popen(
            command, env=ENVIRONMENT, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._processes.append(started)
        return started


def working(nanny: psutil.Process) -> list[psutil.Process]:
    """The worker processes of a nanny."""
    return [child for child in nanny.children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


def kill(process: psutil.Process | subprocess.Popen) -> None:
    os.kill(process.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
