from . import trading_partner
from . import endpoint
from . import endpoint_agent
from . import endpoint_intake
from . import endpoint_profile
from . import credential
from . import credential_version
from . import credential_expiry
