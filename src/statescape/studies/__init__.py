"""Questions asked of the wings: readings and conclusions, computed from numbers."""

from statescape.studies.path_conclusion import PathConclusion, conclude
from statescape.studies.path_reading import PathReading, read_path

__all__ = ["PathConclusion", "PathReading", "conclude", "read_path"]
