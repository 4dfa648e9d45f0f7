"""Machines of their own on this one: network namespaces, whose packets can be dropped without any answer (needs root).

A host that goes dark sends no RST and no FIN: whoever is connected to it waits for answers that never come.
"""

import itertools
import subprocess
from pathlib import Path

MAX_NETWORKS = 250
_numbers = itertools.count(1)


class Network:
    """A bridge that connects hosts with one another and with this machine; nothing beyond it is reached."""

    def __init__(self) -> None:
        self.name = self.prefix = ""
        self.hosts: list[Host] = []

    def start(self) -> None:
        """Make the bridge, with an address for this machine, in the first subnet that no other run has."""
        for number in range(MAX_NETWORKS):
            name = f"hd{number}"
            if _make_bridge(name):
                self.name, self.prefix = name, f"10.213.{number}"
                break
        else:
            raise RuntimeError("Every subnet is taken; ip link lists the bridges hd0 and so on of former runs.")
        _run("ip", "address", "add", f"{self.address}/24", "dev", self.name)
        _run("ip", "link", "set", self.name, "up")

    @property
    def address(self) -> str:
        """The address of this machine."""
        return f"{self.prefix}.1"

    def add_host(self, name: str) -> "Host":
        """Make a host with an address of its own."""
        host = Host(self, name)
        self.hosts.append(host)  # first, so that whatever it has of it is removed
        host.start()
        return host

    def stop(self) -> None:
        """Remove every host and the bridge."""
        for host in self.hosts:  # its link by itself, since the kernel removes what is in a namespace only later
            subprocess.run(["ip", "link", "delete", host.link], stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "delete", host.namespace], stderr=subprocess.DEVNULL)
        if self.name:
            subprocess.run(["ip", "link", "delete", self.name], stderr=subprocess.DEVNULL)


class Host:
    """A network namespace on a ``network``."""

    def __init__(self, network: Network, name: str) -> None:
        number = next(_numbers)
        self.network = network
        self.namespace = f"{network.name}-{name}"
        self.address = f"{network.prefix}.{number + 1}"
        self.link, self._inner = f"{network.name}o{number}", f"{network.name}i{number}"

    def start(self) -> None:
        """Make the namespace and its link to the bridge."""
        _run("ip", "netns", "add", self.namespace)
        _run("ip", "link", "add", self.link, "type", "veth", "peer", "name", self._inner)
        _run("ip", "link", "set", self._inner, "netns", self.namespace)
        _run("ip", "link", "set", self.link, "master", self.network.name, "up")
        self._run("ip", "address", "add", f"{self.address}/24", "dev", self._inner)
        self._run("ip", "link", "set", self._inner, "up")
        self._run("ip", "link", "set", "lo", "up")

    @property
    def command_prefix(self) -> list[str]:
        """What stands before a command that is to run on this host."""
        return ["ip", "netns", "exec", self.namespace]

    def set_parameter(self, name: str, value: int) -> None:
        """Set a parameter of the host's kernel."""
        self._run("sysctl", "-q", "-w", f"{name}={value}")

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


def _make_bridge(name: str) -> bool:
    """Make a bridge; False where there is one of this name, which belongs to another run."""
    if Path(f"/sys/class/net/{name}").exists():
        return False
    done = subprocess.run(["ip", "link", "add", name, "type", "bridge"], capture_output=True, text=True)
    if done.returncode and "File exists" not in done.stderr:
        raise RuntimeError(f"No bridge: {done.stderr.strip()} (failovers are rehearsed as root)")
    return not done.returncode


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()} (failovers are rehearsed as root)")
