"""A Redis with a replica behind one address, or watched by Sentinels."""

import os
import subprocess
import time
from pathlib import Path

import redis

from bench.fault_injection.relay import Relay
from helpdesk.cli import supervisor
from helpdesk.cli.demo import private_redis

SERVICE = "helpdesk"
START_TIMEOUT_SECONDS = 30.0
SENTINEL_CONFIGURATION = """port {port}
bind 127.0.0.1
sentinel monitor {service} 127.0.0.1 {master} {quorum}
sentinel down-after-milliseconds {service} 3000
sentinel failover-timeout {service} 10000
"""


class RedisPair:
    """A master, a replica, and three Sentinels if ``is_watched``; else a relay whose target a failover moves."""

    def __init__(self, folder: Path, ports: list[int], is_watched: bool = False) -> None:
        self.folder, self.is_watched = folder, is_watched
        self.ports, self.sentinel_ports = ports[:2], ports[2:] if is_watched else []
        self.processes: list[subprocess.Popen] = []
        self.relay: Relay | None = None

    @property
    def url(self) -> str:
        if self.is_watched:
            return f"redis+sentinel://{','.join(f'127.0.0.1:{port}' for port in self.sentinel_ports)}/{SERVICE}"
        assert self.relay is not None
        return f"redis://127.0.0.1:{self.relay.port}/0"

    def start(self) -> None:
        """Start every process; the replica has the master's data when this returns."""
        master, replica = self.ports
        self._start("--port", master)
        self._start("--port", replica, "--replicaof", "127.0.0.1", master)
        _wait_for(lambda: self.client(1).info("replication")["master_link_status"] == "up")
        for port in self.sentinel_ports:
            path = self.folder / f"sentinel-{port}.conf"
            path.write_text(SENTINEL_CONFIGURATION.format(port=port, service=SERVICE, master=master, quorum=2))
            self._start(path, "--sentinel")
        if self.is_watched:
            sentinels = [redis.Redis(port=port) for port in self.sentinel_ports]
            _wait_for(lambda: all(each.sentinel_master(SERVICE)["num-slaves"] == 1 for each in sentinels))
        else:
            self.relay = Relay(("127.0.0.1", master))

    def client(self, number: int = 0) -> redis.Redis:
        """Return a client of the first (0) or the second server (1)."""
        return redis.Redis(port=self.ports[number], socket_timeout=5)

    def demote(self) -> None:
        """Let the second server take over and the first only read; open connections stay with the first."""
        assert self.relay is not None
        self.client(1).replicaof("NO", "ONE")
        self.relay.target = ("127.0.0.1", self.ports[1])
        self.client(0).replicaof("127.0.0.1", str(self.ports[1]))

    def signal_master(self, number: int) -> None:
        """Send the first server a signal."""
        os.kill(self.processes[0].pid, number)

    def stop(self) -> None:
        """End every process."""
        if self.relay is not None:
            self.relay.close()
        for process in self.processes:
            process.kill()
            process.wait()

    def _start(self, *arguments: object) -> None:
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"] if "--port" in arguments else []
        folder = self.folder / f"redis-{len(self.processes)}"
        folder.mkdir()
        command = [private_redis.find_redis_binary(), *map(str, arguments), *options, "--dir", str(folder)]
        with (self.folder / "redis.log").open("ab") as log:
            self.processes.append(supervisor.start_process(command, dict(os.environ), log))


def _wait_for(is_met) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            if is_met():
                return
        except (redis.RedisError, KeyError):
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("Redis did not start.")
        time.sleep(0.1)
