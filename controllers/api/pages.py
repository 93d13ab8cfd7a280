"""What anybody may read: the page that shows a description, and the codes of problems. No partner's data in it."""

import json
from html import escape

from odoo import http
from odoo.http import request

from ...core.api.problems import published
from ...core.api.resources import PREFIX

STATIC = "/sync_governance/static/api"
ONLY_OURS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
ROUTE = {
    "type": "sync_raw",
    "auth": "none",
    "methods": ["GET"],
    "csrf": False,
    "save_session": False,
    "readonly": True,
}
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{title}}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{STATIC}/docs.css">{{head}}</head><body>{{body}}</body></html>"""


class PagesController(http.Controller):
    """Pages that work without a host outside."""

    @http.route(f"{PREFIX}/docs", **ROUTE)
    def docs(self):
        """A page that asks for a credential, fetches the description with it and shows what is in it."""
        head = f'<script defer src="{STATIC}/docs.js"></script>'
        body = f"""<main><h1>Sync Governance API</h1>
<form id="caller"><label>API key or token <input id="secret" type="password" autocomplete="off" required></label>
<button>Show what I may use</button> <a href="{PREFIX}/problems">Codes of problems</a></form>
<p id="said" role="status"></p><div id="description" data-address="{PREFIX}/openapi.json"></div></main>"""
        return _page("Sync Governance API", head, body)

    @http.route(f"{PREFIX}/problems", **ROUTE)
    def problems(self):
        """The codes that a caller may meet, as a page or as JSON, whichever is asked for."""
        codes = published()
        if "text/html" not in request.httprequest.headers.get("Accept", ""):
            return request.make_response(
                json.dumps(codes, ensure_ascii=False), headers=[("Content-Type", "application/json")]
            )
        rows = "".join(
            f'<tr id="{escape(one["code"])}"><td><code>{escape(one["code"])}</code></td><td>{one["status"]}</td>'
            f"<td>{escape(one['title'])}. {escape(one['meaning'])}</td>"
            f"<td>{escape(one['fixer'].replace('_', ' '))}</td><td>{'yes' if one['retryable'] else 'no'}</td></tr>"
            for one in codes
        )
        head = "<th>Code</th><th>Status</th><th>Meaning</th><th>Who can fix it</th><th>May succeed later</th>"
        body = (
            f"<main><h1>Codes of problems</h1><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></main>"
        )
        return _page("Codes of problems", "", body)


def _page(title, head, body):
    text = PAGE.format(title=escape(title), head=head, body=body)
    return request.make_response(text, headers=[("Content-Type", "text/html; charset=utf-8"), *ONLY_OURS.items()])
