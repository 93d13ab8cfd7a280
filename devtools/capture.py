"""Takes screenshots with headless Chromium over the DevTools protocol.

Runs in the environment's Python, for it needs websocket-client. Reads a job from standard input:
{"url", "browser", "root", "views": [...]}; see screenshots.py for the views.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import websocket

PAGE_SECONDS = 60.0
SETTLE_SECONDS = 0.7  # animations and fonts, after the page says it is ready
READY = """
(() => document.readyState === 'complete'
    && !!document.querySelector(%s)
    && !document.querySelector('.o_loading_indicator, .o_blockUI, .o_view_sample_loading')
    && [...document.images].every((image) => image.complete))()
"""


class Browser:
    """One headless Chromium with one page."""

    def __init__(self, executable: str):
        self.profile = tempfile.TemporaryDirectory(prefix="dev-screenshots-", ignore_cleanup_errors=True)
        command = [
            executable,
            "--headless=new",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
            f"--user-data-dir={self.profile.name}",
            "--hide-scrollbars",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--force-color-profile=srgb",
            "about:blank",
        ]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium's sandbox refuses root
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = websocket.create_connection(self._page_address(), timeout=PAGE_SECONDS, max_size=None)
        self.number = 0
        self.call("Page.enable")
        self.call("Network.enable")

    def _page_address(self) -> str:
        announced = Path(self.profile.name) / "DevToolsActivePort"
        deadline = time.monotonic() + 30
        while not announced.exists() or not announced.read_text(encoding="utf-8").strip():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("chromium did not start")
            time.sleep(0.05)
        port = announced.read_text(encoding="utf-8").split()[0]
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
                pages = [entry for entry in json.load(answer) if entry["type"] == "page"]
            if pages:
                return pages[0]["webSocketDebuggerUrl"]
            if time.monotonic() > deadline:
                raise RuntimeError("chromium opened no page")
            time.sleep(0.05)

    def call(self, method: str, **parameters: Any) -> dict:
        """One command of the protocol and its answer; events in between are passed over."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, selector: str) -> None:
        deadline = time.monotonic() + PAGE_SECONDS
        while not self.evaluate(READY % json.dumps(selector)):
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"{selector} did not appear; the page says: {self.evaluate('document.body.innerText')!r:.300}"
                )
            time.sleep(0.1)
        time.sleep(SETTLE_SECONDS)

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        self.profile.cleanup()


def session_cookie(url: str, login: str, password: str) -> str:
    """Log in through the login page, as a person does, and return the session's id."""
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(f"{url}/web/login", timeout=PAGE_SECONDS) as page:
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    if not token:
        raise RuntimeError(f"{url}/web/login is not Odoo's login page")
    form = urllib.parse.urlencode({"csrf_token": token[1], "login": login, "password": password}).encode()
    with opener.open(f"{url}/web/login", data=form, timeout=PAGE_SECONDS) as page:
        refused = urllib.parse.urlsplit(page.geturl()).path == "/web/login"
    session = next((cookie.value for cookie in cookies if cookie.name == "session_id"), None)
    if refused or not session:
        raise RuntimeError(f"{login} could not log in")
    return session


def take(browser: Browser, url: str, view: dict, root: Path) -> Path:
    width, height = view.get("width", 1440), view.get("height", 900)
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    cookie = session_cookie(url, view.get("login", "admin"), view.get("password", "admin"))
    browser.call("Network.setCookie", name="session_id", value=cookie, url=url, httpOnly=True)
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=url + view["path"])
    browser.wait_for(view.get("wait_for", "body"))
    for selector in view.get("click", []):
        browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        browser.wait_for(selector if view.get("stays", True) else "body")
    picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=bool(view.get("full_page")))
    path = root / view["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(picture["data"]))
    return path


def main() -> int:
    job = json.load(sys.stdin)
    root = Path(job["root"])
    browser = Browser(job["browser"])
    failed = 0
    try:
        for view in job["views"]:
            try:
                print(f"  {take(browser, job['url'], view, root).relative_to(root)}", flush=True)
            except RuntimeError as error:
                failed += 1
                print(f"  {view['name']}: {error}", file=sys.stderr, flush=True)
    finally:
        browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
