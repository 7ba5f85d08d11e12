import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.servers.process import ChildProcess, Launch, end_recorded, recorded_process

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's end-with-the-parent is Linux's")


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def python(tmp_path: Path, code: str) -> Launch:
    return Launch(
        command=(sys.executable, "-c", code),
        environment=dict(os.environ),
        folder=tmp_path,
        log=tmp_path / "logs" / "it.log",
        record=tmp_path / "run" / "it.json",
    )


def test_what_it_prints_is_in_the_log_and_its_exit_code_is_known(tmp_path: Path) -> None:
    child = ChildProcess(python(tmp_path, "print('hello'); raise SystemExit(3)"))
    wait_for(lambda: child.exit_code() is not None)
    assert child.exit_code() == 3
    assert (tmp_path / "logs/it.log").read_text() == "hello\n"


def test_one_that_does_not_heed_the_signal_is_ended_with_its_children(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)\n"
        "time.sleep(60)"
    )
    child = ChildProcess(python(tmp_path, code))
    wait_for(lambda: (tmp_path / "logs/it.log").read_text() != "")
    grandchild = int((tmp_path / "logs/it.log").read_text())
    assert child.stop(timeout=0.5) == -signal.SIGKILL
    assert not psutil.pid_exists(grandchild)
    assert not (tmp_path / "run/it.json").exists()


def test_a_process_left_behind_is_recognised_by_its_record_and_ended(tmp_path: Path) -> None:
    child = ChildProcess(python(tmp_path, "import time; time.sleep(60)"))
    record = tmp_path / "run/it.json"
    wait_for(lambda: recorded_process(record) is not None)
    assert end_recorded(record, timeout=10) == child.pid
    assert child.exit_code() is not None
    assert not record.exists()


@pytest.mark.parametrize(
    "lie",
    [{"started": 1.0}, {"command": [sys.executable, "-c", "another program"]}, {"pid": 2**22 - 1}],
    ids=["another start", "another command", "nobody"],
)
def test_a_record_that_does_not_fit_ends_nobody(tmp_path: Path, lie: dict[str, object]) -> None:
    child = ChildProcess(python(tmp_path, "import time; time.sleep(60)"))
    record = tmp_path / "run/it.json"
    told = json.loads(record.read_text())
    record.write_text(json.dumps(told | lie))
    assert end_recorded(record, timeout=1) is None
    assert child.exit_code() is None
    child.stop(timeout=5)


def test_a_record_cut_short_by_a_crash_ends_nobody(tmp_path: Path) -> None:
    record = tmp_path / "it.json"
    record.write_text('{"pid": 1')
    assert end_recorded(record, timeout=1) is None


@LINUX_ONLY
def test_it_dies_when_the_one_who_started_it_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, threading, time\n"
        "from pathlib import Path\n"
        "from local.servers.process import ChildProcess, Launch\n"
        f"root = Path({str(tmp_path)!r})\n"
        "def start():\n"
        "    launch = Launch((sys.executable, '-c', 'import time; time.sleep(60)'), dict(os.environ), root,\n"
        "                    root / 'log', root / 'record')\n"
        "    print(ChildProcess(launch).pid, flush=True)\n"
        # The thread that asks for the start ends at once: the child must outlive it.
        "thread = threading.Thread(target=start); thread.start(); thread.join()\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        wait_for(lambda: "time.sleep(60)" in child.cmdline()[-1])
        assert child.is_running()
        starter.kill()
        wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
