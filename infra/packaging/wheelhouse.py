"""``python infra/packaging/wheelhouse.py FOLDER``: the wheels that a cluster's nodes install, for this Python.

All that streaming, batch and the cloud's clients need, by the lock's hashes, less what the cluster brings itself.
Writes FOLDER/LOCK/ with wheels and requirements.txt, and FOLDER/current that names it. Run from the project's root.
"""

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from local import locked  # imports only the standard library, and lies in the folder added above

EXTRAS = ("streaming", "batch", "cloud")
# Spark's own packages must be the cluster's: another copy would speak to its JVM in another version.
FROM_CLUSTER = frozenset({"pyspark", "py4j"})
# As infra/terraform/modules/project/main.tf computes it.
LOCK_DIGITS = 16


def requirements(lock: str, project: dict[str, object]) -> str:
    """The part of the lock to install, with its hashes."""
    packages = locked.blocks(lock)
    chosen = locked.needed(packages, locked.roots(project, EXTRAS)) - FROM_CLUSTER
    return "".join("\n".join(packages[name]) + "\n" for name in sorted(chosen))


def main(folder: Path) -> None:
    """Download every wheel into ``folder``."""
    lock = Path("requirements.lock").read_bytes()
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    digest = hashlib.sha256(lock).hexdigest()[:LOCK_DIGITS]
    wheels = folder / digest
    wheels.mkdir(parents=True, exist_ok=True)
    wanted = wheels / "requirements.txt"
    wanted.write_text(requirements(lock.decode(), project), "utf-8")
    subprocess.run(  # noqa: S603  # pip, with our own lock
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary=:all:", "--require-hashes", "--dest", str(wheels), "--requirement", str(wanted)),
        ],
        check=True,
    )
    (folder / "current").write_text(digest + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
