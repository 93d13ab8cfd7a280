from . import exception
from . import resolving
from . import assignment
from . import missing_code
from . import collecting
from . import settling
from . import escalating
