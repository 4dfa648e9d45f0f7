"""A short run under faults: real processes, Slack and a mail server that fail, customers and agents that write.

``make bench-faults`` runs for minutes and also kills processes; this one shows that nothing is lost, doubled or leaked
in the ordinary trouble, and that the programme itself still reads the pages.
"""

from bench.fault_injection import runner

CHECKS_OF_TIME = {"late"}  # a busy machine may take longer than promised


def test_nothing_is_lost_doubled_or_leaked_while_slack_and_the_mail_server_fail():
    accepted = {}
    for seconds in (8, 80, 800):  # on a busy machine nobody may have replied after the first of them
        if accepted.get("reply") and accepted.get("filed"):
            break
        options = ["--seed", "5", "--seconds", str(seconds), "--pace", "2", "--calm"]
        verdict = runner.run_database(runner.parse_arguments(options), "sqlite", "")
        failed = {name: verdict.findings[name][:3] for name in verdict.failed if name not in CHECKS_OF_TIME}
        assert failed == {}
        accepted = verdict.facts["accepted"]
    assert accepted.get("reply") and accepted.get("filed")
