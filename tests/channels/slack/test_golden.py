"""What Markdown becomes in Slack and back, byte by byte. A person reviewed the files before they were added."""

import json
from pathlib import Path

import pytest

from helpdesk.channels.slack.render import mrkdwn

GOLDEN = Path(__file__).parent / "golden"
NAMES = {"U0MAYA": "Maya Lindqvist", "C0OPS": "ops"}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("out/*.md")), ids=lambda path: path.stem)
def test_markdown_is_written_for_slack_as_kept(path):
    markdown = path.read_text()
    made = {"text": mrkdwn.markdown_to_mrkdwn(markdown).split("\n"), "blocks": mrkdwn.rich_text_blocks(markdown)}
    assert made == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("in/*.json")), ids=lambda path: path.stem)
def test_a_slack_message_is_read_as_kept(path):
    assert mrkdwn.message_to_markdown(json.loads(path.read_text()), NAMES.get) == path.with_suffix(
        ".md"
    ).read_text().rstrip("\n")


def test_our_own_peoples_masked_links_keep_their_label():
    assert (
        mrkdwn.markdown_to_mrkdwn("[the guide](https://example.com/a)", trusted=True)
        == "<https://example.com/a|the guide>"
    )
    assert mrkdwn.markdown_to_mrkdwn("[the guide](https://example.com/a)") == "the guide (<https://example.com/a>)"


def test_nothing_but_space_makes_no_block():
    assert mrkdwn.rich_text_blocks(" \n\n ") == []


def test_a_name_that_cannot_be_had_leaves_the_id():
    assert mrkdwn.message_to_markdown({"text": "<@U404> <#C404>"}) == "@U404 #C404"
