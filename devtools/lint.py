"""`./dev lint`: ruff (rules and format) and pylint-odoo over the addon, as OCA runs them."""

import subprocess

from . import addons_link, layout, python_env, workbench
from .console import say


def run_all(*, fix: bool = False) -> int:
    """Run every check; returns how many failed."""
    workbench.prepare()
    python = str(python_env.ensure())
    addon = addons_link.link_addon()
    say("=== lint")
    if fix:
        subprocess.run([python, "-m", "ruff", "check", "--fix", "--quiet", "."], cwd=layout.ROOT, check=False)
        subprocess.run([python, "-m", "ruff", "format", "--quiet", "."], cwd=layout.ROOT, check=False)
    checks = {
        "ruff check": [python, "-m", "ruff", "check", "--quiet", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "--quiet", "."],
    }
    if (addon / "__manifest__.py").exists():
        # The real folders and not the addon of links: pylint does not follow links and would find nothing to check.
        parts = [entry for entry in sorted(addon.iterdir()) if entry.suffix == ".py" or any(entry.rglob("*.py"))]
        checks["pylint-odoo"] = [
            python,
            "-m",
            "pylint",
            f"--rcfile={layout.ROOT / '.pylintrc'}",
            "--recursive=y",
            *(str(layout.ROOT / entry.name) for entry in parts),
        ]
    failed = 0
    for title, command in checks.items():
        done = subprocess.run(
            command,
            cwd=layout.ROOT,
            env=workbench.quick_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        say(f"{title}: {'ok' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed += 1
            say(done.stdout.rstrip())
    return failed


def command(arguments) -> int:
    return 1 if run_all(fix=arguments.fix) else 0
