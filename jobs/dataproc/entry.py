"""What a cluster runs: unpacks the code, fetches what is secret, and becomes ``python -m MODULE``.

Dataproc starts this file by spark-submit, in a Python that a JVM has started already. Settings put into the
environment here would not reach that JVM, nor the Python processes that it starts for data sources. So this process
replaces itself with the same command as on a laptop, which starts a JVM of its own with all of them.

It travels alone, beside the archive: it imports nothing of the project.
"""

import argparse
import base64
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# The initialization action has made this environment, and has noted the hash of its lock in it.
PACKAGES = Path(sys.prefix)
_DAY = "now"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments; what follows ``--`` is module and arguments of the command."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--as-of", default=_DAY, help="handed on to the command unless it is `now`")
    parser.add_argument("--lock", required=True, help="hash of the lock that the cluster's packages must be from")
    parser.add_argument("--revision", required=True, help="names the folder that the code is unpacked into")
    parser.add_argument("--project", required=True, help="whose secrets are read")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an environment variable")
    parser.add_argument("--secret", action="append", default=[], metavar="NAME=SECRET", help="one from a secret")
    parser.add_argument(
        "--file", action="append", default=[], metavar="NAME=SECRET", help="the path of a secret's file"
    )
    parser.add_argument("command", nargs="+", metavar="MODULE ...", help="module and its arguments, after --")
    return parser.parse_args(arguments)


def require_lock(wanted: str, packages: Path = PACKAGES) -> None:
    """End with a clear line unless the cluster's packages are from this lock."""
    note = packages / "lock"
    found = note.read_text("utf-8").strip() if note.is_file() else "none"
    if found != wanted:
        sys.exit(
            f"the cluster's packages are from the lock {found}, this code's from {wanted}: a cluster keeps what it was "
            "made with. Run make replace-cluster: a new one, panes are rebuilt from Postgres"
        )


def archive_among(paths: Sequence[str]) -> Path:
    """The code's archive, which spark-submit has put on the path."""
    found = [Path(it) for it in paths if Path(it).name == "vitrine.zip"]
    if not found:
        sys.exit(f"vitrine.zip is not among {', '.join(paths)}: submit it as a Python file of the job")
    return found[0]


def unpack(archive: Path, folder: Path) -> Path:
    """The code as files: what is read beside a module, such as log4j2.properties, is no file in an archive."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder.parent))
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(aside)
        try:
            aside.rename(folder)
        except OSError:
            # Another job of this revision was faster.
            if not folder.is_dir():
                raise
    return folder


def secret_of(project: str) -> Callable[[str], bytes]:
    """Reads the newest version of a secret with the machine's own account."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    session = AuthorizedSession(google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0])

    def read(name: str) -> bytes:
        address = f"https://secretmanager.googleapis.com/v1/projects/{project}/secrets/{name}/versions/latest:access"
        answer = session.get(address, timeout=30)
        answer.raise_for_status()
        return base64.b64decode(answer.json()["payload"]["data"])

    return read


def environment(
    options: argparse.Namespace, archive: Path, code: Path, read: Callable[[str], bytes], files: Path
) -> dict[str, str]:
    """The command's environment. Secrets' files are readable by this user only."""
    made = dict(os.environ) | dict(it.split("=", 1) for it in options.set)
    made |= {name: read(secret).decode() for name, secret in (it.split("=", 1) for it in options.secret)}
    for name, secret in (it.split("=", 1) for it in options.file):
        files.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = files / secret
        path.touch(mode=0o600)
        path.write_bytes(read(secret))
        made[name] = str(path)
    # The gateway is that of the JVM which started us: the command starts one of its own.
    for name in [it for it in made if it.startswith(("PYSPARK_GATEWAY", "PYTHON_GATEWAY", "SPARK_ENV_LOADED"))]:
        del made[name]
    made["PYSPARK_PYTHON"] = made["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # Executors on other machines have the packages, but only what Spark brings them of the code.
    brought = [] if _is_on_one_machine(made) else [f"--py-files {archive}"]
    made["PYSPARK_SUBMIT_ARGS"] = " ".join([*brought, *(f"--conf {it}" for it in options.conf), "pyspark-shell"])
    # Spark's own packages stay on the path: the wheelhouse has no pyspark, so that it is the cluster's.
    kept = [it for it in made.get("PYTHONPATH", "").split(os.pathsep) if it and Path(it).name != "vitrine.zip"]
    made["PYTHONPATH"] = os.pathsep.join([str(code), *kept])
    return made


def _is_on_one_machine(settings: Mapping[str, str]) -> bool:
    masters = (settings.get(it, "local[*]") for it in ("VITRINE_STREAMING_MASTER", "VITRINE_BATCH_MASTER"))
    return all(it.startswith("local[") for it in masters)


def main(arguments: Sequence[str]) -> None:
    """Become the command. Does not return."""
    options = parse(arguments)
    require_lock(options.lock)
    work = Path(os.environ.get("VITRINE_LOCAL_FOLDER", "/var/lib/vitrine"))
    archive = archive_among(sys.path)
    code = unpack(archive, work / "code" / options.revision)
    needs = bool(options.secret or options.file)
    made = environment(options, archive, code, secret_of(options.project) if needs else _no_secrets, work / "secrets")
    command = [*options.command, *([] if options.as_of == _DAY else ["--as-of", options.as_of])]
    os.execve(sys.executable, [sys.executable, "-m", *command], made)  # noqa: S606  # no shell is what is wanted


def _no_secrets(name: str) -> bytes:
    raise AssertionError(f"nobody asked for {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
