from . import notebook as notebook
from . import reservoir as reservoir
from . import verdict as verdict
from .esn_trials import EsnTrials as EsnTrials
from .esn_trials import esn as esn
from .network_settings import NetworkSettings as NetworkSettings
