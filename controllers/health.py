"""How the engine is, for monitoring systems."""

import hmac
import os

from odoo import http
from odoo.http import request
from odoo.tools import config

TOKEN_VARIABLE = "SYNC_GOVERNANCE_HEALTH_TOKEN"
TOKEN_OPTION = "sync_governance_health_token"


class HealthController(http.Controller):
    """A page of JSON that names no partner's secret and no person."""

    @http.route("/sync/health", type="http", auth="public", methods=["GET"], csrf=False, save_session=False)
    def health(self):
        """200 when nothing needs attention, 503 when a check is bad or nobody has looked for five minutes; 401 else.

        For who sends ``Authorization: Bearer <the token of the server's configuration>``, and for integration managers
        who are logged in.
        """
        if not (_knows_the_token() or request.env.user.has_group("sync_governance.group_manager")):
            return request.make_json_response(
                {"status": "unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"}
            )
        checks = request.env["sync.engine.check"].sudo()  # sudo: the caller has proved who he is, and may be no user
        healthy, report = checks._report()
        return request.make_json_response(report, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})


def _knows_the_token():
    """Fails closed: without a token in the configuration nobody knows it."""
    token = os.environ.get(TOKEN_VARIABLE) or config.get(TOKEN_OPTION) or ""
    kind, _space, given = request.httprequest.headers.get("Authorization", "").partition(" ")
    return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
