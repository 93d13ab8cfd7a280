from . import https
