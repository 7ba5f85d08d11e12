"""Servers on this machine: the Pub/Sub emulator, Postgres, Redis and a Java for them and Spark.

    from local.servers import start_all

    with start_all(tmp_path) as servers:                     # or: only={"postgres", "redis", "java", "emulator"}
        servers.environment       # VITRINE_PUBSUB_EMULATOR_HOST=host:port,
                                  # VITRINE_POSTGRES_HOST / _PORT / _DATABASE / _USER / _PASSWORD,
                                  # VITRINE_REDIS_HOST / _PORT / _PASSWORD, JAVA_HOME
        servers["postgres"].port  # each is a `Server`: name, host, port, address, source, pid,
                                  # start(), ready(timeout), stop(timeout), is_alive()
    # or servers.stop()

Ports are free ones unless ``ports={"postgres": 5432}`` names them. Everything is written below the
given folder, logs to ``<folder>/logs/<name>.log``; the same folder again has the same data and
passwords. To test a crash: ``os.kill(servers["redis"].pid, signal.SIGKILL)``, then
``servers["redis"].start()`` and ``.ready(30)``: it keeps its port.
"""

from local.servers.java import JavaRuntime, find_java
from local.servers.machine import Machine
from local.servers.server import Server, ServerDied, ServerNotReady
from local.servers.stack import Servers, StartedServers, start_all

__all__ = [
    "JavaRuntime",
    "Machine",
    "Server",
    "ServerDied",
    "ServerNotReady",
    "Servers",
    "StartedServers",
    "find_java",
    "start_all",
]
