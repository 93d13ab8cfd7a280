from . import amqp
from . import feed
from . import folder
from . import https
from . import sftp
from . import kafka
from . import mail
