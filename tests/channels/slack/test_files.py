"""Files both ways: only from and to Slack, whole or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.channels import slack
from helpdesk.channels.slack import file_posts
from helpdesk.channels.slack.api import file_downloads, uploads
from helpdesk.channels.slack.api.requests import FileRemoval, FileUpload, UploadedFile, web_api_request
from helpdesk.demo import personas
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import OutboundRequest
from helpdesk.storage import StorageUnavailable

C = personas.TRIAGE_CHANNEL_ID


@pytest.fixture
def root(workspace):
    return workspace.say("U0MAYA00001", C, "root")


def upload(root, key="k-file", data=b"hello"):
    return upload_of(root, {"a.txt": data}, key)


def upload_of(root, contents, key="k-file"):
    """An upload of several files: bytes by name, or an error that reading them ends with."""
    files = tuple(UploadedFile(id, name, reader(data)) for id, (name, data) in enumerate(contents.items(), start=7))
    names = {file.delivery_id: file.name for file in files}
    return OutboundRequest(key, FileUpload(C, root, files, names, author="Dana <!here>"))


def reader(data):
    def read():
        if isinstance(data, Exception):
            raise data
        return data

    return read


def again(post):
    return replace(post, possibly_sent_since=datetime.now(UTC) - timedelta(seconds=10))


def test_a_file_goes_into_the_thread_and_is_found_there(slack_client, workspace, root):
    sent = slack.send(upload(root), slack_client)
    [_, shown] = workspace.replies(C, root)
    assert [file["id"] for file in shown["files"]] == [sent.external_id]
    found = slack.find(again(upload(root)), slack_client)
    assert (found.external_id, found.extra["ts"]) == (sent.external_id, shown["ts"])
    assert slack.find(again(upload(root, key="another")), slack_client) is None
    assert file_downloads.download_file(sent.external_id, slack_client).data == b"hello"


@pytest.mark.parametrize("kind", ["500_after", "reset_after", "half_after"])
def test_an_upload_whose_answer_broke_is_found_instead_of_repeated(slack_client, workspace, root, kind):
    workspace.misbehave("files.completeUploadExternal", kind)
    with pytest.raises(errors.UnknownOutcomeError):
        slack.send(upload(root), slack_client)
    assert slack.find(again(upload(root)), slack_client) is not None


@pytest.mark.parametrize("kind", ["500_after", "reset_after", "half_after"])
def test_what_breaks_before_anybody_sees_it_is_simply_tried_again(slack_client, workspace, root, kind):
    workspace.misbehave("files.getUploadURLExternal", kind)
    with pytest.raises(errors.TemporaryError):
        slack.send(upload(root), slack_client)
    slack.send(upload(root), slack_client)
    assert len(workspace.replies(C, root)) == 2


THREE = {"a.txt": b"first", "b.txt": b"second", "c.txt": b"third"}


def test_several_files_are_one_message_in_their_order(slack_client, workspace, root):
    sent = slack.send(upload_of(root, THREE), slack_client)
    [_, shown] = workspace.replies(C, root)
    assert [file["title"] for file in shown["files"]] == ["a.txt", "b.txt", "c.txt"]
    assert "sent 3 files" in str(shown["blocks"])
    assert sent.extra["files"] == {str(id): file["id"] for id, file in enumerate(shown["files"], start=7)}
    assert [file_downloads.download_file(each["id"], slack_client).data for each in shown["files"]] == [*THREE.values()]


@pytest.mark.parametrize("is_shared_channel", [False, True])
def test_several_files_whose_answer_broke_are_found_each_by_its_name(slack_client, workspace, root, is_shared_channel):
    workspace.misbehave("files.completeUploadExternal", "reset_after")
    with pytest.raises(errors.UnknownOutcomeError):
        slack.send(upload_of(root, THREE), slack_client)
    [_, shown] = workspace.replies(C, root)
    ids = {file["title"]: file["id"] for file in shown["files"]}
    stored = workspace.message(C, shown["ts"])
    stored["files"].reverse()  # Slack promises no order
    if is_shared_channel:  # where it gives only the id
        stored["files"] = [{"id": file["id"], "file_access": "check_file_info"} for file in stored["files"]]
    found = slack.find(again(upload_of(root, THREE)), slack_client)
    assert found.extra["files"] == {"7": ids["a.txt"], "8": ids["b.txt"], "9": ids["c.txt"]}
    assert (found.external_id, found.extra["ts"]) == (ids["a.txt"], shown["ts"])


def test_a_file_that_slack_refuses_is_left_to_its_own_delivery_and_the_others_go(slack_client, workspace, root):
    sent = slack.send(upload_of(root, THREE | {"b.txt": b""}), slack_client)
    assert [file["title"] for file in workspace.replies(C, root)[1]["files"]] == ["a.txt", "c.txt"]
    assert set(sent.extra["files"]) == {"7", "9"}
    with pytest.raises(errors.PermanentError, match="gone"):
        slack.send(upload_of(root, THREE | {"a.txt": FileNotFoundError()}, key="another"), slack_client)


def test_files_wait_together_while_the_store_does_not_answer(slack_client, workspace, root):
    with pytest.raises(errors.TemporaryError):
        slack.send(upload_of(root, THREE | {"c.txt": StorageUnavailable("away")}), slack_client)
    assert len(workspace.replies(C, root)) == 1


def test_what_takes_too_long_is_left_to_the_next_message(slack_client, workspace, root, monkeypatch):
    monkeypatch.setattr(uploads, "UPLOADING_SECONDS", -1.0)
    sent = slack.send(upload_of(root, THREE), slack_client)
    assert [file["title"] for file in workspace.replies(C, root)[1]["files"]] == ["a.txt"]
    assert set(sent.extra["files"]) == {"7"}


def test_slack_takes_fourteen_files_in_one_message_and_no_more(slack_client, workspace, root):
    for count in (14, 15):
        files = {f"{number}.txt": b"x" for number in range(count)}
        if count == 14:
            slack.send(upload_of(root, files), slack_client)
        else:
            with pytest.raises(errors.UnknownOutcomeError):
                slack.send(upload_of(root, files, key="another"), slack_client)
    assert [len(each["files"]) for each in workspace.replies(C, root)[1:]] == [14]
    assert file_posts.MAX_FILES <= 14


def test_one_of_several_files_is_removed_and_the_message_goes_with_the_last(slack_client, workspace, root):
    sent = slack.send(upload_of(root, THREE), slack_client)
    first, second, third = sent.extra["files"].values()
    slack.send(OutboundRequest("", FileRemoval(second, C, thread_ts=root, removes_message=False)), slack_client)
    shown = workspace.replies(C, root)[1]
    assert [file["mode"] for file in shown["files"]] == ["hosted", "tombstone", "hosted"]
    for each in (first, third):
        slack.send(OutboundRequest("", FileRemoval(each, C, key="k-file", thread_ts=root)), slack_client)
    assert len(workspace.replies(C, root)) == 1


def test_an_empty_file_cannot_go(slack_client, root):
    with pytest.raises(errors.PermanentError, match="empty"):
        slack.send(upload(root, data=b""), slack_client)


def test_a_deleted_file_may_be_deleted_again(slack_client, root):
    sent = slack.send(upload(root), slack_client)
    for _ in range(2):
        slack.send(web_api_request("files.delete", {"file": sent.external_id}, "k"), slack_client)
    with pytest.raises(errors.PermanentError):
        file_downloads.download_file(sent.external_id, slack_client)


def test_too_large_is_refused_before_and_while_it_comes(slack_client, workspace, root, monkeypatch):
    sent = slack.send(upload(root, data=b"x" * 5000), slack_client)
    with pytest.raises(errors.PermanentError, match="larger"):
        file_downloads.download_file(sent.external_id, slack_client, limit=1000)
