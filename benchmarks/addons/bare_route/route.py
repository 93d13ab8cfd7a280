"""What any Odoo route has to do at least to keep a body."""

from odoo import http
from odoo.http import request


class BareRoute(http.Controller):
    @http.route("/bare", type="http", auth="none", methods=["POST"], csrf=False, save_session=False, readonly=False)
    def bare(self):
        """One INSERT of the body, committed."""
        request.env.cr.execute("INSERT INTO bare_body (body) VALUES (%s)", [request.httprequest.get_data().decode()])
        request.env.cr.commit()  # stored before the answer, like the webhook  # pylint: disable=invalid-commit
        return request.make_json_response({"status": "accepted"}, status=202)
