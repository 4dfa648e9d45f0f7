"""What a process remembers beside the database, which a test must not inherit: ports, ids and names come again."""

from datetime import timedelta

from helpdesk import extensions, outage_log
from helpdesk.channels.email import oauth
from helpdesk.channels.slack import agent_accounts
from helpdesk.channels.slack.api import directory, rate_limits, slack_clock
from helpdesk.domain.authentication import provider_keys
from helpdesk.domain.authentication.connections import discovery
from helpdesk.domain.content_translation import lookup
from helpdesk.domain.integrations import custom_emoji
from helpdesk.domain.monitoring import probes
from helpdesk.domain.outbox import failover
from helpdesk.domain.ticket_lists import search_estimates
from helpdesk.web.middleware import personal_limits


def reset() -> None:
    """Forget what was learnt from other servers, and what was read from another database."""
    reset_providers()
    oauth._tokens.clear()
    agent_accounts.clear_look_ups()
    directory.clear_cache()
    rate_limits.clear()
    slack_clock._offset, slack_clock._measured_at = timedelta(0), None
    custom_emoji.invalidate_cache()
    lookup._texts.clear()
    probes._results.clear()
    failover.invalidate_check()
    personal_limits.clear()
    search_estimates.clear()
    outage_log.reset_reports()
    extensions._unavailable_until = 0.0


def reset_providers() -> None:
    """Have the documents and keys of every sign-in provider fetched anew."""
    discovery._documents.clear()
    provider_keys._sets.clear()
