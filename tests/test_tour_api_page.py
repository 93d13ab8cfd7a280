"""The page of the API in a browser: with a key it shows what may be used, without one it says what is wrong."""

import json

from odoo.tests import tagged

from .api_fixture import ApiCase
from .browser import PATIENCE, BrowserCase

# Fills in the form as each caller in turn, waits until the page has answered, and says what is wrong with it.
SCRIPT = """
(async () => {
    const one = (selector) => document.querySelector(selector);
    const ask = async ({ user, secret }) => {
        one("#user").value = user;
        one("#secret").value = secret;
        one("#caller button").click();
        for (let tries = 0; tries < 600 && one("#said").textContent === "Asking…"; tries++) {
            await new Promise((done) => setTimeout(done, 100));
        }
    };
    const wrong = [];
    const check = (holds, what) => holds || wrong.push(what);
    const callers = %s;

    await ask(callers.stranger);
    check(one("#said.wrong")?.textContent.includes("ask whoever gave it to you"), "a stranger is told what to do");
    check(!one("article"), "a stranger sees nothing");

    await ask(callers.newcomer);
    check(one("p.note")?.textContent.includes("Ask your contact"), "who may use nothing is told so");

    await ask(callers.somebody);
    const paths = [...document.querySelectorAll("article h3 code")].map((code) => code.textContent);
    check(paths.includes("/sync/v1/orders") && paths.includes("/sync/v1/invoices"), "what may be used");
    const targets = [...document.querySelectorAll("nav a")].map((link) => link.getAttribute("href").slice(1));
    check(targets.length === paths.length && targets.every((id) => document.getElementById(id)), "the contents");
    check(one("#send-order-create details pre")?.textContent.includes("order.create"), "a sample");
    check(!one("p.note") && !one("#said.wrong"), "nothing is missing");

    if (wrong.length) {
        console.error(`${wrong.join("; ")}: ${document.body.innerText.slice(0, 2000)}`);
    } else {
        console.log("test successful");
    }
})();
"""


@tagged("post_install", "-at_install")
class TestPage(ApiCase, BrowserCase):
    def test_it_shows_to_each_what_he_may_use_and_to_a_stranger_what_to_do(self):
        self.gives_invoices(self.northwind, "northwind-invoices")
        callers = {
            "stranger": {"user": "", "secret": "sgk_nonsense"},
            "somebody": {"user": "", "secret": self.key},
        }
        self.northwind = self.partner("southwind")
        self.northwind.action_start_testing()
        self.door("basic", "southwind-basic", credential={"may_read": True})
        callers["newcomer"] = {"user": "southwind-basic", "secret": self.secret}
        self.env.flush_all()
        ready = "document.readyState === 'complete' && !!document.getElementById('caller')"
        self.browser_js("/sync/v1/docs", SCRIPT % json.dumps(callers), ready=ready, timeout=PATIENCE)
