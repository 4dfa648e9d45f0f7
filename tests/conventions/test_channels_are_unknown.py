"""The outbox and the inbox know an interface and no channel.

The domain's packages do not import each other in a circle.
"""

import re
from pathlib import Path

import grimp
import pytest

from helpdesk.domain.inbox.channel import TwoWayChannel

ROOT = Path(__file__).parents[2]
DOMAIN = "helpdesk.domain"
KIND = re.compile(r"""\b(?:kind|source)\b[^\n"']*["'](?:slack|email|webhook)\b""")
NAMES = re.compile(r"slack|webhook|\bemail\b|\bsmtp\b", re.IGNORECASE)


@pytest.mark.parametrize(
    "path",
    [path for folder in ("outbox", "inbox") for path in sorted((ROOT / "helpdesk/domain" / folder).rglob("*.py"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_no_channel_is_named_in(path):
    assert NAMES.findall(path.read_text()) == []


def test_nothing_in_the_domain_asks_of_which_kind_a_channel_is():
    domain = ROOT / "helpdesk/domain"
    assert [path for path in domain.rglob("*.py") if KIND.search(path.read_text())] == []
    assert KIND.search('if thread.channel.kind == "slack"') and KIND.search("InboundEvent.source.like('slack%')")


def test_the_how_to_names_everything_that_a_channel_may_say():
    how_to = (ROOT / "docs/how-to/add-a-channel.md").read_text()
    members = ["kind", *(name for name in dir(TwoWayChannel) if not name.startswith("_"))]
    assert len(members) > 30
    assert [name for name in members if not name.startswith("enqueue_") and not re.search(rf"`{name}\b", how_to)] == []


def test_packages_of_the_domain_do_not_need_each_other_in_a_circle():
    graph = grimp.build_graph("helpdesk")
    modules = [name for name in graph.modules if name.startswith(f"{DOMAIN}.")]
    needs: dict[str, set[str]] = {package_of(name): set() for name in modules}
    for name in modules:
        for imported in graph.find_modules_directly_imported_by(name):
            if imported.startswith(f"{DOMAIN}.") and package_of(imported) != package_of(name):
                needs[package_of(name)].add(package_of(imported))
    assert circles(needs) == []


def package_of(module: str) -> str:
    """The part of the domain that a module belongs to: "outbox" for helpdesk.domain.outbox.claim."""
    return module.split(".")[2]


def circles(needs: dict[str, set[str]]) -> list[list[str]]:
    """Every group of packages that each reach each other."""
    reach = {package: reachable(needs, package) for package in needs}
    groups = {frozenset({one} | {other for other in reach[one] if one in reach[other]}) for one in needs}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def reachable(needs: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for package in needs[waiting.pop()] - found:
            found.add(package)
            waiting.append(package)
    return found
