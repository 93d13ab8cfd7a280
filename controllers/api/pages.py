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
<p>What may be sent and read here depends on who calls. Show the key, token or password that was agreed with you:
it is used to ask for your description, and is not kept. <a href="{PREFIX}/problems">Codes of problems</a></p>
<form id="caller"><label>API key, token or password <input id="secret" type="password" autocomplete="off" required>
</label><label><span>User <small>only if you were given one</small></span><input id="user" autocomplete="off"></label>
<button>Show what I may use</button></form>
<p id="said" role="status"></p><div id="description" data-address="{PREFIX}/openapi.json"></div>
<noscript><p class="note">This page needs JavaScript. Without it, ask {PREFIX}/openapi.json with your key.</p>
</noscript>
</main>"""
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
            f'<tr id="{escape(one["code"])}"><td><code>{escape(one["code"])}</code></td>'
            f'<td data-is="Status">{one["status"]}</td>'
            f'<td data-is="Meaning">{escape(one["title"])}. {escape(one["meaning"])}</td>'
            f'<td data-is="Who can fix it">{escape(one["fixer"].replace("_", " "))}</td>'
            f'<td data-is="May succeed later">{"yes" if one["retryable"] else "no"}</td></tr>'
            for one in codes
        )
        head = "<th>Code</th><th>Status</th><th>Meaning</th><th>Who can fix it</th><th>May succeed later</th>"
        body = (
            f'<main><h1>Codes of problems</h1><table class="wide"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></main>"
        )
        return _page("Codes of problems", "", body)


def _page(title, head, body):
    text = PAGE.format(title=escape(title), head=head, body=body)
    return request.make_response(text, headers=[("Content-Type", "text/html; charset=utf-8"), *ONLY_OURS.items()])
