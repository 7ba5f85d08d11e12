"""Find a Chromium for the browser tests, or install one: ``python -m tests.browser``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """CHROMIUM_PATH, a browser on PATH, Chrome on a Mac, or the one that Playwright fetched."""
    given = os.environ.get("CHROMIUM_PATH")
    if given:
        return given
    on_path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if on_path:
        return on_path
    if MAC.exists():
        return str(MAC)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        fetched = playwright.chromium.executable_path
    return fetched if Path(fetched).exists() else None


def provide() -> str:
    """The browser's path; where there is none, Debian's package (as root) or Playwright's download.

    Raises ``SystemExit`` with what to install where neither works.
    """
    found = find()
    if found:
        return found
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=False,
            env=quiet,
            stdout=subprocess.DEVNULL,
        )
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    found = find()
    if not found:
        raise SystemExit(
            "The browser tests need Chromium: apt install chromium (or your system's package), or set "
            "CHROMIUM_PATH to a Chromium or Chrome"
        )
    return found


if __name__ == "__main__":
    provide()
