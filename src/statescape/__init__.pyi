# The names of the door, once: lazy_loader reads them here, and so do type checkers.
from . import analysis as analysis
from . import evolution as evolution
from . import geometry as geometry
from . import language as language
from . import reservoir as reservoir
from . import runs as runs
from . import statistics as statistics
from . import studies as studies
from . import views as views
from .errors import StatescapeError as StatescapeError
from .evolution import Evolution as Evolution
from .evolution import Settings as Settings
from .evolution import evolve as evolve
from .evolution import resume as resume
from .geometry import Path as Path
from .language import LanguageModel as LanguageModel
from .language import LensReadout as LensReadout
from .language import StatePath as StatePath
from .language import Trace as Trace
from .language import fit_lens as fit_lens
from .language import load_lens as load_lens
from .language import load_model as load_model
from .language import read_corpus as read_corpus
from .language.reading import lens as lens
from .language.reading import trace as trace
from .reservoir import EchoStateNetwork as EchoStateNetwork
from .reservoir import Topology as Topology
from .reservoir import tasks as tasks
from .studies.esn_trials import esn as esn
from .studies.notebook.asking import notebook as notebook
from .studies.reservoir import StudyResult as StudyResult
from .studies.reservoir import study as study
from .studies.verdict import Verdicts as Verdicts
from .studies.verdict import verdict as verdict

__version__: str
