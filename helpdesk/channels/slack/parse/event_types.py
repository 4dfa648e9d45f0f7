"""Events in Slack, one class for each kind. Plain values, named as in Slack's reference."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from helpdesk.domain.inbox.channel_event import ChannelEvent


@dataclass(frozen=True, kw_only=True)
class SlackEvent(ChannelEvent):
    """Fields that every event has. ``external_id`` is the ts of the message it is about, where it is about one.

    ``team_id`` is the workspace it was sent from, ``user_team`` the author's own workspace or Enterprise organization;
    ``is_bot``: a program did it. ``is_ext_shared``: Slack says that people of another company are in the channel;
    ``is_internal``: it says that there are none.
    ``author_name`` and ``author_picture``: what Slack says of the author beside their id, mostly "".
    ``trigger_id`` opens a modal within three seconds, ``response_url`` accepts an answer to a button or command.
    """

    kind: ClassVar[str]
    team_id: str = ""
    event_id: str = ""
    is_ext_shared: bool = False
    is_internal: bool = False
    user_team: str = ""
    author_name: str = ""
    author_picture: str = ""
    is_bot: bool = False
    trigger_id: str = ""
    response_url: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageEvent(SlackEvent):
    """A new message. ``visibility`` is public or internal according to its prefix, None without one; ``whole`` includes
    the prefix.

    ``edited_ts`` is the time of the last edit, "" if never.
    """

    kind = "message"
    visibility: str | None = None
    whole: str = ""
    edited_ts: str = ""


@dataclass(frozen=True, kw_only=True)
class EditEvent(MessageEvent):
    """An edited message; ``previous`` is its body before, ``previous_whole`` with the prefix, and ``deleted_files`` are
    the ids of files that were removed.
    """

    kind = "edit"
    previous: str = ""
    previous_whole: str = ""
    deleted_files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeletionEvent(SlackEvent):
    """A deleted message of somebody else's."""

    kind = "delete"


@dataclass(frozen=True, kw_only=True)
class FileDeletionEvent(SlackEvent):
    """Files were deleted in Slack. ``channel_id`` and ``external_id`` are those of their message, where Slack named
    it.
    """

    kind = "file_deleted"
    file_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReactionEvent(SlackEvent):
    """A reaction was added to a message or removed; ``name`` without skin tone, ``emoji`` the character."""

    kind = "reaction"
    name: str = ""
    emoji: str = ""
    added: bool = False


@dataclass(frozen=True, kw_only=True)
class ActionEvent(SlackEvent):
    """A pressed button or a choice. ``container`` is message, ephemeral or view; the last fields are a view's."""

    kind = "action"
    action_id: str = ""
    value: Any = None
    container: str = "message"
    view_id: str = ""
    hash: str = ""
    private: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModalEvent(SlackEvent):
    """A submitted modal: its values by block, and the private_metadata it was opened with; ``view`` is all of it."""

    kind = "modal"
    callback_id: str = ""
    view: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SuggestionEvent(SlackEvent):
    """Somebody types into an external select of a modal; Slack waits three seconds for the options."""

    kind = "suggestion"
    callback_id: str = ""
    block_id: str = ""
    typed: str = ""
    private: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ShortcutEvent(SlackEvent):
    """A shortcut, global or on the message it is about, with that message's author."""

    kind = "shortcut"
    callback_id: str = ""
    message_author: str = ""
    message_bot: bool = False


@dataclass(frozen=True, kw_only=True)
class CommandEvent(SlackEvent):
    """A slash command: ``verb`` is mine, open, unassigned, search, create, show or help; ``rest`` is the text after
    it.
    """

    kind = "command"
    verb: str = ""
    rest: str = ""


@dataclass(frozen=True, kw_only=True)
class HomeOpenedEvent(SlackEvent):
    """Somebody opened the app's home page."""

    kind = "home"


@dataclass(frozen=True, kw_only=True)
class ChannelChangeEvent(SlackEvent):
    """A change of a channel, of the bot's membership in it, of a person's profile, or of a message of ours.

    ``what``: archived, unarchived, deleted, renamed, shared, unshared, joined, left, added, removed, uninstalled,
    moved, profile, own_deleted. ``name`` is the channel's, ``new_channel_id`` that of a moved one. ``bot_user_ids``
    are the bots whose tokens were revoked, None where the whole app was removed.
    """

    kind = "channel"
    what: str = ""
    name: str = ""
    new_channel_id: str = ""
    bot_user_ids: tuple[str, ...] | None = None
