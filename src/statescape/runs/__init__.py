"""What lasts and who works: a journal that survives kills, executors for processes and machines."""

from statescape.arguments import opened
from statescape.runs.errors import LostWorkersError
from statescape.runs.executor import Executor, make_executor, working
from statescape.runs.journal import Journal, kind_of
from statescape.runs.listing import RunSummary, list_runs
from statescape.runs.processes import Processes
from statescape.runs.serial import Serial

__all__ = [
    "Executor",
    "Journal",
    "LostWorkersError",
    "Processes",
    "RunSummary",
    "Serial",
    "kind_of",
    "list_runs",
    "make_executor",
    "working",
]

opened(globals())
