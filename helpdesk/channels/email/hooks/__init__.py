"""Inbound hooks: services that receive mail and post each one to ``POST /hooks/email/<name>``, and how each proves it.

All are asked for the raw message, so that nothing of it is lost and its signatures can be checked here.
"""

from helpdesk.channels.email.hooks.interface import HookRefused, HookRequest, InboundHook
from helpdesk.channels.email.hooks.mailgun import MailgunHook
from helpdesk.channels.email.hooks.postmark import PostmarkHook
from helpdesk.channels.email.hooks.sendgrid import SendGridHook
from helpdesk.channels.email.hooks.ses import SesHook

HOOKS: dict[str, InboundHook] = {hook.name: hook for hook in (SesHook(), MailgunHook(), PostmarkHook(), SendGridHook())}

__all__ = ["HOOKS", "HookRefused", "HookRequest", "InboundHook"]
