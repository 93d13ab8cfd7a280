from . import acknowledgement
from . import tracking_event
from . import dispatch_notice
from . import mail_mail
