"""What lasts and who works: a journal that survives kills, executors for processes and machines."""

from statescape.arguments import opened
from statescape.runs.executor import Executor, LostWorkersError
from statescape.runs.journal import Journal, kind_of
from statescape.runs.listing import RunSummary, list_runs
from statescape.runs.local import Processes, Serial
from statescape.runs.workforce import AnyExecutor, make_executor, working

__all__ = [
    "AnyExecutor",
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
