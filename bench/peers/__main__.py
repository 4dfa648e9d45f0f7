"""The command: sets the sites up, asks them by turns, prints the table."""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import report
from bench.environment import BenchEnvironment
from bench.peers import corpus, measuring, ours, php_servers, results
from bench.peers.django_helpdesk import DjangoHelpdesk
from bench.peers.osticket import OsTicket
from bench.peers.sites import Site

PEERS = (OsTicket.name, DjangoHelpdesk.name)


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments()
    amounts = measuring.Amounts(arguments.reads, arguments.writes, arguments.seconds)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-peers-")))
        folder.chmod(0o755)  # the databases run as users of their own
        peers = make_peers(arguments, folder)
        environment = ending.enter_context(
            BenchEnvironment("postgresql", web_processes=2, workers=0, with_external_services=False, with_limits=False)
        )
        environment.start()
        filled = corpus.fill(environment, arguments.organizations, arguments.tickets)
        print(f"{len(filled.tickets):,} tickets with {filled.message_count:,} messages", flush=True)
        sites: list[Site] = [ours.Product(environment)]
        for peer in peers:
            ending.callback(peer.stop)
            peer.start()
            sites.append(peer)
        print(report.describe_versions())
        for site in sites:
            site.fill(filled, ours.AGENT)
            site.open_browsers(measuring.BROWSERS)
            print(site.describe(), flush=True)
        found = measuring.measure_rounds(sites, arguments.rounds, amounts, arguments.only)
    header = ("case", ours.NAME, *(peer.name for peer in peers), "times the best peer", "noise %")
    rows = results.summarize(found, ours.NAME)
    title = f"Milliseconds of processor time of a request, application + database, medians of {arguments.rounds} rounds"
    report.print_table(title, header, results.format_rows(rows, ours.NAME, [peer.name for peer in peers]))


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What was asked for; SystemExit in words if something is missing for it."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument(
        "--osticket", type=Path, metavar="DIR", help="a folder with osTicket's release; without, not it"
    )
    parser.add_argument("--jit", default="64M", help="memory for OPcache's compiled code; 0 for none")
    parser.add_argument("--environment", type=Path, default=Path(".bench-peers"), help="of django-helpdesk, kept")
    parser.add_argument("--gunicorn", choices=["gthread", "sync"], default="gthread", help="django-helpdesk's workers")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--organizations", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reads", type=int, default=240, help="requests of each page in a round")
    parser.add_argument("--writes", type=int, default=96)
    parser.add_argument("--seconds", type=float, default=6, help="after which no more reads of a case are begun")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args(words)
    if arguments.osticket is None:
        arguments.peers = [name for name in arguments.peers if name != OsTicket.name]
    if OsTicket.name in arguments.peers:
        if not (arguments.osticket / "setup" / "install.php").exists():
            parser.error(f"{arguments.osticket} has no setup/install.php: give the folder of an osTicket release")
        if missing := php_servers.list_missing():
            parser.error(f"osTicket needs these, which are not installed: {', '.join(missing)}")
    return arguments


def make_peers(arguments: argparse.Namespace, folder: Path) -> list[Site]:
    """The peers that were asked for, not started."""
    peers: list[Site] = []
    if OsTicket.name in arguments.peers:
        (folder / "osticket").mkdir()
        peers.append(OsTicket(folder / "osticket", arguments.osticket.resolve(), arguments.jit))
    if DjangoHelpdesk.name in arguments.peers:
        (folder / "django").mkdir()
        peers.append(DjangoHelpdesk(folder / "django", arguments.environment.resolve(), arguments.gunicorn))
    return peers


if __name__ == "__main__":
    main()
