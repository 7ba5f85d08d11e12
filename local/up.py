"""``python -m local up``: from nothing, or from where the last run stopped, to a working stack."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from contracts import clock, database, live_layout, live_store, migrate, settings, topology
from contracts.errors import SettingsError, TerminalError, TransientError
from contracts.settings import Settings
from local import environment, logs, state
from local.carrier import RECYCLE_DELIVERIES, Carrier
from local.parts import parts
from local.processes import Starter
from local.running import RunningPart
from local.screen import Screen
from local.servers import ports
from local.servers.folder import DataFolder
from local.servers.lock import FolderLock
from local.servers.process import end_recorded
from local.servers.stack import Servers
from local.stopping import StopRequest
from local.supervisor import Supervisor
from local.watch import Watch


class Stopped(Exception):
    """A stop was asked for while the stack was still being brought up."""


@dataclass(frozen=True)
class Options:
    """What the command line adds to the settings."""

    emulator_port: int | None = None
    emulator_heap: str = "2g"
    recycle_deliveries: int = RECYCLE_DELIVERIES
    verbose: bool = False


@dataclass
class _Bringing:
    """What the steps of the start share."""

    settings: Settings
    options: Options
    screen: Screen
    stop_request: StopRequest
    folder: DataFolder
    dashboard_port: int
    servers: Servers
    phase: str = "starting"
    told: state.State | None = field(default=None)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.dashboard_port}"

    def tell(
        self, environment_: Mapping[str, str], live: bool, running: Sequence[RunningPart], base: Mapping[str, int]
    ) -> None:
        """Write the state down when it is another than before."""
        known = {
            server.name: state.PartState(
                state="running" if server.is_alive() else "dead",
                pid=server.pid,
                address=server.address,
                source=server.source,
            )
            for server in self.servers
        }
        known |= {
            it.part.name: state.PartState(state=it.state.value, pid=it.pid, restarts=it.restarts) for it in running
        }
        now = state.State(
            supervisor=os.getpid(),
            phase=self.phase,
            environment=environment.without_secrets(
                {name: value for name, value in environment_.items() if name.startswith("VITRINE_")}
            ),
            secrets=environment.secret_files(self.servers),
            dashboard=self.address,
            live=live,
            parts=known,
            baseline=dict(base),
        )
        if now != self.told:
            state.write(self.folder.root, now)
            self.told = now

    def check_stop(self) -> None:
        if self.stop_request.is_set:
            raise Stopped


def up(options: Options, screen: Screen, stop_request: StopRequest) -> None:
    """Bring everything up, watch over it until a stop is asked for, and stop it in order.

    Raises ``UsageError`` when a stack already runs in the folder, ``SettingsError`` for a wrong
    setting (also a part's), ``MissingProgram``, ``TerminalError`` when something does not come up.
    """
    started = time.monotonic()
    chosen = settings.load()
    folder = DataFolder.at(chosen.local_folder)
    with ExitStack() as cleanup:
        lock = FolderLock(folder.lock)
        cleanup.callback(lock.release)
        end_leftovers(folder, screen.say)
        bringing = _prepare(chosen, options, screen, stop_request, folder)
        cleanup.callback(state.remove, folder.root)
        try:
            with screen.step("starting Pub/Sub emulator, Postgres and Redis", spinner=False):
                bringing.servers.start()
            cleanup.callback(_stop_servers, bringing)
            _run(bringing, started)
        except Stopped:
            screen.say("stopping before all was up")


def end_leftovers(folder: DataFolder, say: Callable[[str], None]) -> None:
    """End what a supervisor that was killed left running, where the kernel did not (not on Linux)."""
    for record in sorted(folder.record("any").parent.glob("*.json")):
        pid = end_recorded(record, timeout=20)
        if pid is not None:
            say(f"ended {record.stem} (process {pid}), left by a run that was killed")


def _prepare(
    chosen: Settings, options: Options, screen: Screen, stop_request: StopRequest, folder: DataFolder
) -> _Bringing:
    given = environment.given_ports(os.environ)
    if options.emulator_port is not None:
        given["emulator"] = options.emulator_port
    servers = Servers(
        folder.root,
        ports=given,
        external_addresses=environment.given_addresses(os.environ, chosen),
        emulator_heap=options.emulator_heap,
        progress=screen.downloading,
    )
    if servers.java is not None:
        note = f" ({servers.java.note})" if servers.java.note else ""
        screen.say(f"Java {servers.java.version} from {servers.java.source}{note}")
    return _Bringing(chosen, options, screen, stop_request, folder, _dashboard_port(chosen, screen), servers)


def _dashboard_port(chosen: Settings, screen: Screen) -> int:
    """The port asked for; when nobody asked and the usual one is taken, any free one."""
    if os.environ.get("VITRINE_DASHBOARD_PORT"):
        return ports.require_free(chosen.dashboard_port, "dashboard", "VITRINE_DASHBOARD_PORT")
    if ports.is_free(chosen.dashboard_port):
        return chosen.dashboard_port
    port = ports.free_port()
    screen.say(f"port {chosen.dashboard_port} is in use: the dashboard takes {port}")
    return port


def _stop_servers(bringing: _Bringing) -> None:
    with bringing.screen.step("stopping the servers"):
        bringing.servers.stop()


def _run(bringing: _Bringing, started: float) -> None:
    screen, servers = bringing.screen, bringing.servers
    for server in servers:
        screen.say(f"{server.name} on {server.address} ({server.source})")
    children = environment.of_children(servers, bringing.settings, bringing.dashboard_port)
    reachable = settings.load(children)
    DataFolder.at(bringing.folder.temporary / "spark")
    shop = _bring_schema_up(reachable, screen)
    bringing.check_stop()
    plan = topology.load()
    carrier = Carrier(reachable, plan, bringing.folder.of("pending"), servers["emulator"], say=screen.say)

    def tell(running: Sequence[RunningPart], base: Mapping[str, int]) -> None:
        bringing.tell(children, shop.is_live, running, base)

    tell((), {})
    with screen.step("creating topics and subscriptions"):
        carrier.set_up(live=shop.is_live)
    starter = Starter(bringing.folder, children)
    _bring_data_up(bringing, starter, reachable)
    if not shop.is_live:
        screen.say(f"the shop's clock runs at {shop.speed:g} times the wall's: the live path is off, history moves")
    supervisor = Supervisor(
        topology=plan,
        settings=reachable,
        servers=servers,
        table=parts(reachable, live=shop.is_live, dashboard_port=bringing.dashboard_port),
        starter=starter,
        carrier=carrier,
        screen=screen,
        stop_request=bringing.stop_request,
        tell=tell,
        live=shop.is_live,
        recycle_deliveries=bringing.options.recycle_deliveries,
        verbose=bringing.options.verbose,
        shows=partial(_shows_live_values, reachable, since=time.time()) if shop.is_live else lambda: True,
    )
    try:
        if supervisor.start():
            bringing.phase = "running"
            screen.headline(f"Vitrine: {bringing.address} (up in {time.monotonic() - started:.0f} s; Ctrl-C stops it)")
            supervisor.run()
    finally:
        bringing.phase = "stopping"
        supervisor.stop()


def _shows_live_values(reachable: Settings, *, since: float) -> bool:
    """Whether something that happened after ``since`` (epoch seconds) is on the live page."""
    try:
        status = live_layout.read_status(live_store.connect(reachable))
    except TransientError:
        return False
    return status is not None and (status.newest_event or 0.0) > since


def _bring_schema_up(reachable: Settings, screen: Screen) -> clock.ShopClock:
    """Migrate, and agree on the shop's clock."""
    with screen.step("applying the schema"):
        connection = database.connect(reachable, application="local", timeout_seconds=None)
        try:
            migrate.migrate(connection)
            return clock.agree(connection, speed=reachable.shop_speed, start=reachable.shop_start)
        finally:
            connection.close()


def _bring_data_up(bringing: _Bringing, starter: Starter, reachable: Settings) -> None:
    """The first history and the first batch, each once."""
    watch = Watch(reachable)
    unfinished = bringing.folder.of("history.unfinished")
    if unfinished.exists():
        _forget_half_a_history(bringing, watch)
        unfinished.unlink()
    if not watch.has_history():
        unfinished.touch()
        doing = f"loading {reachable.history_days} days of history"
        run_step(bringing, starter, "history", doing, "simulators", "history", "--days", str(reachable.history_days))
        unfinished.unlink()
    if not watch.has_batch_run():
        run_step(bringing, starter, "batch", "running the batch over it", "jobs.batch", "run")


def _forget_half_a_history(bringing: _Bringing, watch: Watch) -> None:
    """The load was interrupted; before it began the tables were empty."""
    if bringing.servers["postgres"].source == "environment":
        raise TerminalError(
            "loading the first history into the Postgres of the environment was interrupted and left half of it "
            f"there: empty that database and delete {bringing.folder.of('history.unfinished')}"
        )
    watch.empty_sources()
    bringing.screen.say("loading the first history was interrupted: beginning anew")


def run_step(bringing: _Bringing, starter: Starter, name: str, doing: str, *arguments: str) -> None:
    """Run a process of ours to its end, its progress bars shown to whoever watches.

    Raises ``SettingsError`` with its last line when it ended with 2, ``TerminalError`` when it failed,
    ``Stopped`` when a stop was asked for meanwhile.
    """
    watched = bringing.screen.is_watched
    follower = logs.Follower(bringing.folder.log(name).parent)
    with bringing.screen.step(doing, spinner=False):
        child = starter.module(name, *arguments, shown=watched)
        while child.exit_code() is None and not bringing.stop_request.wait(0.1):
            # Its lines are the progress where nobody watches; else its own bars are on the screen.
            for line in follower.new_lines(everything=True) if not watched else ():
                if line.startswith(f"{name} |"):
                    bringing.screen.say(line)
        code = child.exit_code()
        child.stop(timeout=20)
        bringing.check_stop()
    if code != 0:
        kind = SettingsError if code == 2 else TerminalError
        raise kind(f"{doing} ended with {code}; see {Path(bringing.folder.log(name))}")
