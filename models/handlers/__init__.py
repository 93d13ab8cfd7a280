from . import sales
from . import warehouse
from . import service
from . import purchase
from . import finance
from . import master
from . import integration
