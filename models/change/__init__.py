from . import request
from . import interface
from . import display
from . import replay
from . import contract_use
from . import drift
