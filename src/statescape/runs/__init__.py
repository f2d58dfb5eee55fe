"""What lasts and who works: a journal that survives any kill, and executors that spread work over processes."""

from statescape.runs.executor import Executor, make_executor
from statescape.runs.journal import Journal
from statescape.runs.listing import RunSummary, list_runs
from statescape.runs.processes import Processes
from statescape.runs.serial import Serial

__all__ = ["Executor", "Journal", "Processes", "RunSummary", "Serial", "list_runs", "make_executor"]
