from . import sales
from . import warehouse
from . import service
from . import finance
from . import master
from . import integration
