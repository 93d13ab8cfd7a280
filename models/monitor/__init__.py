from . import engine_check
