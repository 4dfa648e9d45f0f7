"""Machines of their own on this one: network namespaces, whose packets can be dropped without any answer (needs root).

A host that goes dark sends no RST and no FIN: whoever is connected to it waits for answers that never come.
"""

import itertools
import os
import subprocess

_numbers = itertools.count(1)


class Network:
    """A bridge that connects hosts with one another and with this machine; nothing beyond it is reached."""

    def __init__(self) -> None:
        self.name = f"hd{os.getpid()}"
        self.prefix = f"10.213.{os.getpid() % 250}"
        self.hosts: list[Host] = []

    def start(self) -> None:
        """Make the bridge, with an address for this machine."""
        _run("ip", "link", "add", self.name, "type", "bridge")
        _run("ip", "address", "add", f"{self.prefix}.1/24", "dev", self.name)
        _run("ip", "link", "set", self.name, "up")

    def add_host(self, name: str) -> "Host":
        """Make a host with an address of its own."""
        host = Host(self, name)
        self.hosts.append(host)
        return host

    def stop(self) -> None:
        """Remove every host and the bridge."""
        for host in self.hosts:
            subprocess.run(["ip", "netns", "delete", host.namespace], stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "link", "delete", self.name], stderr=subprocess.DEVNULL)


class Host:
    """A network namespace on a ``network``."""

    def __init__(self, network: Network, name: str) -> None:
        number = next(_numbers)
        self.namespace = f"{network.name}-{name}"
        self.address = f"{network.prefix}.{number + 1}"
        outer, inner = f"{network.name}o{number}", f"{network.name}i{number}"
        _run("ip", "netns", "add", self.namespace)
        _run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
        _run("ip", "link", "set", inner, "netns", self.namespace)
        _run("ip", "link", "set", outer, "master", network.name, "up")
        self._run("ip", "address", "add", f"{self.address}/24", "dev", inner)
        self._run("ip", "link", "set", inner, "up")
        self._run("ip", "link", "set", "lo", "up")

    @property
    def command_prefix(self) -> list[str]:
        """What stands before a command that is to run on this host."""
        return ["ip", "netns", "exec", self.namespace]

    def go_dark(self) -> None:
        """Drop every packet, in both directions."""
        for chain in ("INPUT", "OUTPUT"):
            self._run("iptables", "-A", chain, "-j", "DROP")

    def drop_from(self, other: "Host") -> None:
        """Drop every packet that comes from ``other``."""
        self._run("iptables", "-A", "INPUT", "-s", other.address, "-j", "DROP")

    def come_back(self) -> None:
        """Drop nothing any more."""
        self._run("iptables", "-F")

    def _run(self, *command: str) -> None:
        _run(*self.command_prefix, *command)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()} (failovers are rehearsed as root)")
