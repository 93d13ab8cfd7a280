from . import amqp
from . import folder
from . import https_pull
from . import sftp
from . import kafka
