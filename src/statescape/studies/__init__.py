"""Questions asked of the wings: readings and conclusions, computed from numbers."""

from statescape.arguments import opened
from statescape.studies.lens_comparison import LensComparison, compare_lenses
from statescape.studies.path_conclusion import PathConclusion, conclude
from statescape.studies.path_reading import PathReading, read_path

__all__ = ["LensComparison", "PathConclusion", "PathReading", "compare_lenses", "conclude", "read_path"]

opened(globals())
