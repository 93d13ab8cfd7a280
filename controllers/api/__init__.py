from . import calls
from . import pages
