from . import exception
from . import assignment
from . import collecting
