"""One release: migrate, grant, first history, streaming job, first batch. Each step does nothing the second time.

Components do not import one another, so the steps that are theirs are their own commands, in processes of their own.
"""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing

from contracts import database, log
from contracts.errors import TerminalError
from contracts.settings import Settings
from jobs.dataproc import grants
from jobs.dataproc.deployment import Deployment

# A cluster is made in some three minutes, a first batch over 120 days takes less than that.
BATCH_SECONDS = 1800.0


def run(
    settings: Settings,
    deployment: Deployment,
    *,
    ensure: Callable[[], None],
    run_batch: Callable[[], object],
) -> None:
    """Bring the deployment to this code. Raises what a step raises, ``TerminalError`` where its command fails."""
    logger = log.get(__name__)
    _command("contracts", "migrate")
    with closing(database.connect(settings, application="release", timeout_seconds=None)) as connection:
        logger.info("granted", statements=grants.apply(connection, deployment.users))
    _command("simulators", "history")
    ensure()
    if _has_run(settings):
        logger.info("there is a historical run already: the schedule makes the next")
    else:
        run_batch()


def _command(*arguments: str) -> None:
    code = subprocess.run([sys.executable, "-m", *arguments], check=False).returncode  # noqa: S603  # our own modules
    if code:
        raise TerminalError(f"python -m {' '.join(arguments)} ended with {code}: its own lines say why")


def _has_run(settings: Settings) -> bool:
    with (
        closing(database.connect(settings, application="release")) as connection,
        database.translated("looking for a historical run"),
    ):
        found = database.rows(connection, "select exists (select from metricas.execucoes where situacao = 'concluida')")
    return bool(found[0][0])
