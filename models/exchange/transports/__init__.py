from . import feed
from . import https
