"""Failovers with real parts: two PostgreSQL servers and a promotion, hosts that go dark, PgBouncer, Redis, Sentinel.

``python -m bench.fault_injection.failovers primary-killed`` runs one scenario, ``all`` every one. Needs root, for
network namespaces; nothing leaves this machine.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.fault_injection import runner
from bench.fault_injection.failover_measurements import FailoverMeasurements
from bench.fault_injection.failover_scenarios import SCENARIOS, Failover
from bench.fault_injection.faults import FaultPlan
from bench.fault_injection.hosts import Host
from bench.fault_injection.installation import Installation, find_free_ports
from bench.fault_injection.journal import Journal
from bench.fault_injection.nginx import Nginx
from bench.fault_injection.pgbouncer import PgBouncer
from bench.fault_injection.redis_servers import RedisPair
from bench.fault_injection.relay import Relay
from bench.fault_injection.replication import PORT, ReplicatedPostgreSQL, find_binaries
from bench.fault_injection.verify import Verdict

GRACE_SECONDS = 12.0  # after the database is back, within which a request that waited may still be answered 503
MARGIN_SECONDS = 1.0  # what was accepted shortly before replication was cut may be missing, too
SLOW_REDIS_SECONDS = 0.25  # each way
SLOW_SLACK_SECONDS = 0.5  # each way
POOL_SIZE = {"transaction": 10, "session": 60}
WEB_NODES = ("web", "web-2")
GRACEFUL_SECONDS = 30  # the default: a node that is replaced ends what it is answering
KEPT_SECONDS = 3.0  # after a node went dark, in which the proxy may still use a connection that it kept (2 s)
PROXY_PARAMETERS = {  # of its machine, as docs/install.md has them
    "net.ipv4.tcp_retries2": 5,
    "net.ipv4.tcp_keepalive_time": 10,
    "net.ipv4.tcp_keepalive_intvl": 3,
    "net.ipv4.tcp_keepalive_probes": 3,
}


class FailoverPlan(FaultPlan):
    """Carries out the steps of a scenario. Slack and the mail server behave, so that times can be compared."""

    def __init__(self, installation: Installation, journal: Journal, seed: int, scenario: Failover, parts: "Parts"):
        super().__init__(installation, journal, seed, scenario.seconds, calm=True)
        self.scenario, self.parts = scenario, parts
        self.measured = FailoverMeasurements(installation, journal, scenario.seconds)
        for when, name in scenario.steps:
            self._schedule_at(when, "carry_out", name)

    def start_faults(self) -> None:
        """Start to measure; the planned times count from now."""
        self.measured.start()
        self.started_at = time.monotonic()

    def end_process_faults(self) -> None:
        """Nothing is left to undo: each scenario ends what it began."""
        self.is_over = True

    def measurements(self) -> dict[str, object]:
        """How long people and workers were out, and how much was logged."""
        return self.measured.summarize(self.scenario.ends)

    def list_overruns(self, given_between: Callable[[float, float], float]) -> list[str]:
        """What of the measurements is beyond its limit."""
        return self.measured.list_overruns(self.scenario.ends, given_between)

    def _carry_out(self, name: str) -> None:
        if name in ("kill_primary", "darken_primary", "forbid_writes", "kill_web_node", "darken_web_node"):
            self._outage = self.journal.start_outage()
        getattr(self.parts, name)()
        self.measured.note_step(name)
        if name == "promote" and not self.scenario.is_synchronous:
            steps = self.measured.steps
            lost = self.journal.forget_between(steps["cut_replication"] - MARGIN_SECONDS, steps["kill_primary"])
            self.fault_counts["accepted and lost with the primary"] = lost
        self.fault_counts[name] += 1
        if name == self.scenario.ends and self._outage is not None:
            self._end_outage()

    def _end_outage(self) -> None:
        assert self._outage is not None
        grace = GRACE_SECONDS
        if self.scenario.has_proxy:  # there is another node, so that only what this one has may fail
            grace = KEPT_SECONDS if self.scenario.has_web_hosts else 0
        self.journal.end_outage(self._outage, grace)
        self._outage = None


class Parts:
    """The servers of a scenario, and what can happen to them."""

    def __init__(self, folder: Path, scenario: Failover, binaries: Path) -> None:
        self.has_slow_slack, self.reads_replica = scenario.has_slow_slack, scenario.reads_replica
        self.has_proxy, self.has_web_hosts = scenario.has_proxy, scenario.has_web_hosts
        self.proxy: Nginx | None = None
        self.web_host: Host | None = None
        self.database = ReplicatedPostgreSQL(folder, scenario.is_synchronous, binaries)
        self.pool = (
            PgBouncer(folder, find_free_ports(1)[0], scenario.pool, POOL_SIZE[scenario.pool]) if scenario.pool else None
        )
        self.redis = (
            RedisPair(folder, find_free_ports(5), scenario.redis == "watched") if scenario.redis != "alone" else None
        )

    def start(self, installation: Installation) -> dict[str, str]:
        """Start what stands beside the database; returns the environment that names it."""
        more = {}
        self.installation = installation
        if self.has_proxy:
            self._start_proxy(installation)
            more["TRUSTED_PROXIES"] = "1"
        if self.has_slow_slack:
            self.slack = Relay(("127.0.0.1", installation.external_port))
            self.slack.delay = SLOW_SLACK_SECONDS
            more["SLACK_API_URL"] = f"http://127.0.0.1:{self.slack.port}/slack/api/"
        if self.redis:
            self.redis.start()
            more["REDIS_URL"] = self.redis.url
        if self.reads_replica:
            self.database.start()
            more["DATABASE_REPLICA_URL"] = self.database.replica.url
        if self.pool:
            self.database.start()
            self.pool.start(self.database.primary.host.address, PORT)
            self.database.url = self.pool.url
        return more

    def _start_proxy(self, installation: Installation) -> None:
        installation.web_nodes = dict(zip(WEB_NODES, find_free_ports(len(WEB_NODES)), strict=True))
        installation.graceful_seconds = GRACEFUL_SECONDS
        proxy_host = None
        if self.has_web_hosts:
            self.database.start()  # which makes the network
            network = self.database.network
            proxy_host, self.web_host = network.add_host("proxy"), network.add_host("web")
            for name, value in PROXY_PARAMETERS.items():
                proxy_host.set_parameter(name, value)
            installation.addresses = {WEB_NODES[0]: network.address, WEB_NODES[1]: self.web_host.address}
            installation.prefixes[WEB_NODES[1]] = self.web_host.command_prefix
        nodes = [installation.place(name) for name in WEB_NODES]
        self.proxy = Nginx(installation.folder, installation.port, nodes, proxy_host)
        self.proxy.start()

    def stop(self) -> None:
        """End it all."""
        for part in (self.proxy, self.redis, self.pool, self.database):
            if part is not None:
                part.stop()

    def kill_primary(self) -> None:
        self.database.primary.end(signal.SIGKILL)

    def darken_primary(self) -> None:
        self.database.primary.host.go_dark()

    def brighten_primary(self) -> None:
        self.database.primary.host.come_back()

    def cut_replication(self) -> None:
        self.database.replica.host.drop_from(self.database.primary.host)

    def darken_replica(self) -> None:
        self.database.replica.host.go_dark()

    def brighten_replica(self) -> None:
        self.database.replica.host.come_back()

    def reconnect_replication(self) -> None:
        self.database.replica.host.come_back()

    def promote(self) -> None:
        self.database.promote()
        if self.pool:
            self.pool.move(self.database.primary.host.address, PORT)

    def forbid_writes(self) -> None:
        self.database.primary.configure("default_transaction_read_only", "on")

    def allow_writes(self) -> None:
        self.database.primary.configure("default_transaction_read_only", "off")

    def demote_redis(self) -> None:
        assert self.redis
        self.redis.demote()

    def stop_redis(self) -> None:
        assert self.redis
        self.redis.signal_master(signal.SIGSTOP)

    def continue_redis(self) -> None:
        assert self.redis
        self.redis.signal_master(signal.SIGCONT)

    def kill_redis(self) -> None:
        assert self.redis
        self.redis.signal_master(signal.SIGKILL)

    def slow_redis(self) -> None:
        assert self.redis and self.redis.relay
        self.redis.relay.delay = SLOW_REDIS_SECONDS

    def quicken_redis(self) -> None:
        assert self.redis and self.redis.relay
        self.redis.relay.delay = 0.0

    def fill_redis(self) -> None:
        assert self.redis
        self.redis.client().config_set("maxmemory", "1")

    def empty_redis(self) -> None:
        assert self.redis
        self.redis.client().config_set("maxmemory", "0")

    def kill_web_node(self) -> None:
        pids = self.installation.child_pids(WEB_NODES[1])
        self.installation.kill(WEB_NODES[1])
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def darken_web_node(self) -> None:
        assert self.web_host
        self.web_host.go_dark()

    def brighten_web_node(self) -> None:
        assert self.web_host
        self.web_host.come_back()

    def stop_web_node(self, name: str = WEB_NODES[1]) -> None:
        self.installation.children[name].terminate()

    def start_web_node(self, name: str = WEB_NODES[1]) -> None:
        self.installation.children[name].wait()
        self.installation.start_web_node(name)

    def stop_other_web_node(self) -> None:
        self.installation.wait_for(f"http://{self.installation.place(WEB_NODES[1])}/healthz")
        self.stop_web_node(WEB_NODES[0])

    def start_other_web_node(self) -> None:
        self.start_web_node(WEB_NODES[0])


def main() -> int:
    """Run what the command line asks for; the exit status, 0 when no check failed."""
    parser = argparse.ArgumentParser(prog="bench.fault_injection.failovers", description=__doc__.partition("\n")[0])
    parser.add_argument("scenario", nargs="+", choices=("all", *SCENARIOS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", type=float, default=6.0, help="average seconds between two actions of a user")
    parser.add_argument("--postgresql", default="", help="version of Debian's packages; else the pgserver wheel's")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended by SIGTERM."))
    names = list(SCENARIOS) if "all" in arguments.scenario else arguments.scenario
    verdicts = [runner.print_report(run_scenario(arguments, name)) for name in names]
    return 1 if any(verdict.failed for verdict in verdicts) else 0


def run_scenario(arguments: argparse.Namespace, name: str) -> Verdict:
    """Run one scenario and check it."""
    scenario = SCENARIOS[name]
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-failover-"))
    print(f"\n{name}, seed {arguments.seed}: {scenario.what}", flush=True)
    parts = Parts(folder, scenario, find_binaries(arguments.postgresql))
    try:
        return _run_in(folder, scenario, parts, arguments)
    finally:
        parts.stop()
        if arguments.keep:
            print(f"  logs: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _run_in(folder: Path, scenario: Failover, parts: Parts, arguments: argparse.Namespace) -> Verdict:
    installation = Installation(folder, parts.database)
    installation.more_environment = parts.start(installation)
    options = runner.parse_arguments(["--seed", str(arguments.seed), "--pace", str(arguments.pace)])
    options.seconds = scenario.seconds
    make_plan: Callable[[Installation, Journal], FaultPlan] = lambda installation, journal: FailoverPlan(  # noqa: E731
        installation, journal, arguments.seed, scenario, parts
    )
    with installation:
        return runner.verify_run(installation, options, make_plan=make_plan)


if __name__ == "__main__":
    sys.exit(main())
