"""Map Slack's error codes to our four errors, with the sentence the team reads about each. Pure.

Every error made here has an attribute ``code`` with Slack's own error code, so that callers can distinguish errors.
"""

from typing import TypeVar

from helpdesk.domain.outbox import errors

ErrorT = TypeVar("ErrorT", bound=errors.ChannelError)

MISSING_SCOPE_TEXT = "The Slack app lacks the permission"
UNKNOWN_OUTCOME_CODES = {"internal_error", "fatal_error", "service_unavailable"}

TEMPORARY_CODES = {
    "ratelimited": "Slack asked us to slow down.",
    "rate_limited": "Slack asked us to slow down.",
    "request_timeout": "The request reached Slack incomplete.",
    "team_added_to_org": "Slack is moving this workspace into an Enterprise organization.",
    "external_channel_migrating": "Slack is moving this shared channel.",
}

INSTALLATION_CODES = {
    "token_revoked": "Slack says the bot token was revoked. Install the app again and set SLACK_BOT_TOKEN.",
    "token_expired": "Slack says the bot token has expired. Install the app again and set SLACK_BOT_TOKEN.",
    "invalid_auth": "Slack does not accept the bot token. Check SLACK_BOT_TOKEN.",
    "not_authed": "No bot token is set. Set SLACK_BOT_TOKEN.",
    "account_inactive": (
        "The Slack app was removed from the workspace, or the workspace is gone. Install the app again."
    ),
    "missing_scope": "The Slack app lacks a permission. Add it to the app and install the app again.",
    "not_allowed_token_type": "SLACK_BOT_TOKEN is not a bot token. It should begin with xoxb-.",
    "team_access_not_granted": "The Slack app was not granted access to this workspace.",
    "org_login_required": "Slack is moving this workspace and lets no app in at present.",
    "accesslimited": "The workspace has limited what the Slack app may do.",
    "message_limit_exceeded": "The workspace has reached Slack's limit of messages.",
    "ip_not_allowed": "Slack does not let this server's address in. Add it to the app's allowed addresses.",
}

CHANNEL_CODES = {
    "channel_not_found": "Slack does not know this channel, or the bot was not invited to it.",
    "is_archived": "The Slack channel is archived.",
    "is_inactive": "The Slack channel is archived.",
    "not_in_channel": "The bot is not a member of this Slack channel. Invite it with /invite.",
    # "Make sure your app is a member of the conversation it's attempting to post a message to" (chat.postMessage)
    "no_permission": "The bot is not a member of this Slack channel. Invite it with /invite.",
    "access_denied": "The workspace's admins do not let the Slack app do this.",
    "restricted_action": "The workspace does not let the bot post in this Slack channel.",
    "restricted_action_read_only_channel": "This Slack channel is read-only for the bot.",
    "restricted_action_thread_only_channel": "This Slack channel takes only replies in threads.",
    "restricted_action_non_threadable_channel": "This Slack channel takes no threads.",
    "ekm_access_denied": "The workspace's admins have suspended posting in this Slack channel.",
    "method_not_supported_for_channel_type": "The bot cannot do this in this kind of Slack channel.",
    "team_not_found": "The Slack workspace of this shared channel is gone.",
}

PERMANENT_CODES = {
    "msg_too_long": "The message is longer than Slack takes.",
    "msg_blocks_too_long": "The message is longer than Slack takes.",
    "invalid_blocks": "Slack does not accept this message's layout.",
    "invalid_blocks_format": "Slack does not accept this message's layout.",
    "invalid_attachments": "Slack does not accept this message's layout.",
    "no_text": "The message is empty.",
    "message_not_found": "The message is no longer in Slack.",
    "thread_not_found": "The thread's first message is no longer in Slack.",
    "cannot_reply_to_message": "Slack allows no replies to this message.",
    "restricted_action_thread_locked": "This Slack thread is locked.",
    "cant_update_message": "Slack does not let the bot change this message.",
    "cant_delete_message": "Slack does not let the bot delete this message.",
    "compliance_exports_prevent_deletion": "The workspace keeps all messages, so the bot cannot delete this one.",
    "edit_window_closed": "The workspace no longer allows this message to be changed.",
    "user_not_found": "Slack does not know this person.",
    "users_not_found": "Slack knows nobody with this address.",
    "user_not_in_channel": "This person is not in the Slack channel.",
    "user_not_visible": "Slack does not let the bot see this person.",
    "file_not_found": "The file is no longer in Slack.",
    "file_deleted": "The file was deleted in Slack.",
    "cant_delete_file": "Slack does not let the bot delete this file.",
    "slack_connect_file_upload_sharing_blocked": "The workspace does not allow files in this shared channel.",
    "file_upload_size_restricted": "The file is larger than Slack takes.",
    "expired_trigger_id": "Slack gave up waiting for the form. Press the button again.",
    "exchanged_trigger_id": "This button's form was opened already. Press the button again.",
    "hash_conflict": "The form was changed in the meantime.",
    "not_found": "What should be changed is no longer in Slack.",
    "too_many_attachments": "The message has more parts than Slack takes.",
}


def error_for_code(code: str, needed: str = "", retry_after: float | None = None) -> errors.ChannelError:
    """Make the error for Slack's ``code`` in a refusal; ``needed`` names missing scopes, ``retry_after`` is in
    seconds.
    """
    if code in UNKNOWN_OUTCOME_CODES:
        return unknown_outcome_error("Slack reported trouble of its own and may still have stored this.", code)
    if code in TEMPORARY_CODES:
        return _with_code(errors.TemporaryError(TEMPORARY_CODES[code], retry_after), code)
    if code == "missing_scope" and needed:
        reason = f"{MISSING_SCOPE_TEXT} {needed}. Add it to the app and install the app again."
        return _with_code(errors.ChannelBlockedError(reason, scope="installation"), code)
    if code in INSTALLATION_CODES:
        return _with_code(errors.ChannelBlockedError(INSTALLATION_CODES[code], scope="installation"), code)
    if code in CHANNEL_CODES:
        return _with_code(errors.ChannelBlockedError(CHANNEL_CODES[code], scope="channel"), code)
    return permanent_error(PERMANENT_CODES.get(code) or f"Slack refused this ({_clean_code(code)}).", code)


def error_for_status(status: int, retry_after: float | None = None) -> errors.ChannelError:
    """Make the error for an HTTP ``status`` whose body is not Slack's JSON."""
    if status == 429:
        return _with_code(errors.TemporaryError(TEMPORARY_CODES["ratelimited"], retry_after), "ratelimited")
    if 400 <= status < 500:
        return temporary_error(f"Slack turned the request away (HTTP {status}).")
    if status >= 500:
        return unknown_outcome_error(f"Slack failed while answering (HTTP {status}) and may still have stored this.")
    return unknown_outcome_error("Slack's answer could not be read.")


def is_installation_error(reason: str) -> bool:
    """Return whether the sentence ``reason`` describes an error of every channel, such as a revoked token."""
    return reason in INSTALLATION_CODES.values() or reason.startswith(MISSING_SCOPE_TEXT)


def temporary_error(reason: str, code: str = "") -> errors.TemporaryError:
    return _with_code(errors.TemporaryError(reason), code)


def permanent_error(reason: str, code: str = "") -> errors.PermanentError:
    return _with_code(errors.PermanentError(reason), code)


def unknown_outcome_error(reason: str, code: str = "") -> errors.UnknownOutcomeError:
    return _with_code(errors.UnknownOutcomeError(reason), code)


def error_code(error: errors.ChannelError) -> str:
    """Return Slack's own code of ``error``, "" where it had none."""
    return getattr(error, "code", "")


def _with_code(error: ErrorT, code: str) -> ErrorT:
    error.code = code  # type: ignore[attr-defined]  # read by error_code
    return error


def _clean_code(code: str) -> str:
    """Limit Slack's code to a short text of safe characters, even when it is not a code."""
    return "".join(c for c in code if c.isalnum() or c in "_-")[:60] or "no reason given"
