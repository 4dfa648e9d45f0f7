"""The failovers that are rehearsed: what happens, and after how many seconds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failover:
    """A scenario: what it is, how long people work, and what happens after how many seconds.

    ``ends`` names the step after which everything is to work again. ``redis`` is alone, pair or watched; ``pool`` a
    mode of PgBouncer. With ``has_proxy``, two web nodes stand behind nginx; with ``has_web_hosts``, the proxy and the
    second node are hosts of their own.
    """

    what: str
    seconds: float
    steps: tuple[tuple[float, str], ...]
    ends: str
    redis: str = "alone"
    pool: str = ""
    is_synchronous: bool = True
    has_slow_slack: bool = False
    reads_replica: bool = False
    has_proxy: bool = False
    has_web_hosts: bool = False


SCENARIOS = {
    "primary-killed": Failover(
        "the primary is killed, its replica promoted after 5 s", 45, ((12, "kill_primary"), (17, "promote")), "promote"
    ),
    "primary-dark": Failover(
        "the primary's host goes dark, its replica is promoted after 5 s",
        60,
        ((12, "darken_primary"), (17, "promote")),
        "promote",
    ),
    "slow-slack": Failover(
        "the same with a Slack that takes a second a call",
        60,
        ((12, "darken_primary"), (17, "promote")),
        "promote",
        has_slow_slack=True,
    ),
    "cut-off": Failover(
        "the primary's host is dark for 30 s",
        70,
        ((12, "darken_primary"), (42, "brighten_primary")),
        "brighten_primary",
    ),
    "read-only": Failover(
        "the database takes no writes for 25 s", 60, ((12, "forbid_writes"), (37, "allow_writes")), "allow_writes"
    ),
    "lost-tail": Failover(
        "an asynchronous replica without the last 4 s is promoted",
        60,
        ((12, "cut_replication"), (16, "kill_primary"), (21, "promote")),
        "promote",
        is_synchronous=False,
    ),
    "redis-demoted": Failover(
        "Redis becomes a replica, its address moves, connections stay",
        50,
        ((12, "demote_redis"),),
        "demote_redis",
        redis="pair",
    ),
    "redis-silent": Failover(
        "Redis is silent for 30 s", 60, ((12, "stop_redis"), (42, "continue_redis")), "stop_redis", redis="pair"
    ),
    "redis-slow": Failover(
        "each answer of Redis takes 500 ms", 50, ((12, "slow_redis"), (42, "quicken_redis")), "slow_redis", redis="pair"
    ),
    "redis-full": Failover(
        "Redis has no memory left for 25 s",
        50,
        ((12, "fill_redis"), (37, "empty_redis")),
        "fill_redis",
        redis="pair",
    ),
    "sentinel": Failover(
        "the master of three Sentinels is killed", 55, ((12, "kill_redis"),), "kill_redis", redis="watched"
    ),
    "pgbouncer-transaction": Failover(
        "behind PgBouncer in transaction mode the primary is killed, its replica promoted after 5 s",
        50,
        ((12, "kill_primary"), (17, "promote")),
        "promote",
        pool="transaction",
    ),
    "pgbouncer-session": Failover(
        "the same in session mode", 50, ((12, "kill_primary"), (17, "promote")), "promote", pool="session"
    ),
    "replica-dark": Failover(
        "lists are read from a replica whose host is dark for 25 s",
        60,
        ((12, "darken_replica"), (37, "brighten_replica")),
        "darken_replica",
        is_synchronous=False,
        reads_replica=True,
    ),
    "replica-lags": Failover(
        "lists are read from a replica that receives nothing for 25 s",
        60,
        ((12, "cut_replication"), (37, "reconnect_replication")),
        "cut_replication",
        is_synchronous=False,
        reads_replica=True,
    ),
    "replica-promoted": Failover(
        "lists are read from the replica that is promoted 5 s after the primary was killed",
        60,
        ((12, "kill_primary"), (17, "promote")),
        "promote",
        reads_replica=True,
    ),
    "web-killed": Failover(
        "one of two web nodes behind nginx is killed, and started again after 20 s",
        50,
        ((12, "kill_web_node"), (32, "start_web_node")),
        "kill_web_node",
        has_proxy=True,
    ),
    "web-dark": Failover(
        "the host of one of two web nodes behind nginx is dark for 40 s",
        70,
        ((12, "darken_web_node"), (52, "brighten_web_node")),
        "darken_web_node",
        has_proxy=True,
        has_web_hosts=True,
    ),
    "web-replaced": Failover(
        "both web nodes behind nginx are replaced, one after the other",
        80,
        ((12, "stop_web_node"), (13, "start_web_node"), (40, "stop_other_web_node"), (41, "start_other_web_node")),
        "start_other_web_node",
        has_proxy=True,
    ),
}
