from . import watermark
from . import measured
from . import measuring
from . import watching
from . import interface
