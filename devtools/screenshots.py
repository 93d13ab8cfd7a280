"""`./dev screenshots`: pictures of the views listed in screenshots.json, from a demonstration that has played its flow
and met some faults.

An entry names the picture (`name`, `file` relative to the repository), the `path` of the view, a CSS selector to
`wait_for`, and optionally `click` (selectors clicked one after another), `login`, `password`, `width`, `height` and
`full_page`.
"""

import json
import subprocess
from contextlib import nullcontext
from pathlib import Path

from . import browser, layout, run, workbench
from .console import DevError, say

LIST = Path(__file__).with_name("screenshots.json")


def command(arguments) -> int:
    views = json.loads(LIST.read_text(encoding="utf-8"))
    unknown = set(arguments.names) - {view["name"] for view in views}
    if unknown:
        raise DevError(f"no picture named {', '.join(sorted(unknown))} in {LIST.relative_to(layout.ROOT)}")
    chosen = [view for view in views if not arguments.names or view["name"] in arguments.names]
    chromium = browser.ensure()
    if not chromium:
        raise DevError("no browser: install chromium or google-chrome")
    with workbench.opened(odoo=arguments.odoo, db_url=arguments.db_url) as bench:
        live = arguments.url or (run.live_run() or {}).get("url")
        with nullcontext() if live else run.running(bench, None) as demonstration:
            if demonstration:
                for play in (["simulators.scenario", "--once"], ["simulators.mishaps"]):
                    told = [str(bench.python), "-m", *play, f"--config={demonstration.config}"]
                    played = subprocess.run(told, env=run.simulator_environment(), cwd=layout.ROOT, check=False)
                    if played.returncode:
                        raise DevError("the demonstration did not come so far; see above")
            job = {
                "url": live or demonstration.url,
                "browser": str(chromium),
                "root": str(layout.ROOT),
                "views": chosen,
            }
            say(f"- taking {len(chosen)} pictures from {job['url']} ...")
            capture = [str(bench.python), "-m", "devtools.capture"]
            done = subprocess.run(
                capture, input=json.dumps(job), text=True, env=run.simulator_environment(), cwd=layout.ROOT, check=False
            )
    return done.returncode
