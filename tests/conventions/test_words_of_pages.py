"""Pages and mails use the terms of the field and sentences that a native writer would write.

Each retired phrase has the one to use instead.
"""

import re
from pathlib import Path

import pytest

HELPDESK = Path(__file__).parents[2] / "helpdesk"
RETIRED = {
    "With us": "Waiting for support",
    "Our turn": "Waiting on us",
    "held the ball": "Time waiting on us",
    "has the ball": "while we wait for the customer",
    "First answer": "First response",
    "9 of 10": "90th percentile",
    "Unsolved": "Backlog",
    "Open promises": "Waiting longest",
    "Mail to look at": "Unmatched email",
    "Put in": "Insert",
    "leave the status": "keep the status",
    "So long the": "How long",
    "Let go": "Disconnect",
    "Bind a channel": "Connect",
    "is bound": "is connected",
    "Mail leaves by": "Mail is sent through",
    "is believed": "is trusted",
    "Stands in": "Shown in",
    "stands here": "is shown here",
    "stand here": "are shown here",
    "Make form": "Create form",
    "In order": "OK",
    "Look again": "Check again",
    "Needs a look": "Needs attention",
    "told what happens": "receive events",
    "by invitation only": "by invitation",
    "clock on the wall": "calendar time",
    "what stood here": "a page that your account cannot see",
    "Fill in To what": "a sentence of its own",
    "What happened": "Description",
    "Its words go everywhere": "what is deleted and what is not",
    " of 5.": "out of 5",
    "leaves anew": "is sent once more",
    "Commas between": "Separate them with commas",
    "There are enough": "The maximum number of rules has been reached",
    "logo is taken": "logo is used",
    "cause is mended": "cause is put right",
    "fell silent": "stopped answering",
    "is resting": "is unavailable",
    "Nobody asked": "If you did not ask",
    "by itself": "automatically",
    "mail leaves": "mail is sent",
    "names none": "asks for none",
    "the one who plays": "the test customer",
    "has done its work": "is no longer needed",
    "way in is": "signing in is",
}
COMMENT = re.compile(r"{#.*?#}|<!--.*?-->", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
DOCSTRING = re.compile(r'""".*?"""', re.DOTALL)


def texts() -> list[tuple[str, str]]:
    """What people may read: templates without their comments, and the strings of the code that is not a demo's."""
    found = [
        (str(path.relative_to(HELPDESK)), COMMENT.sub("", path.read_text(encoding="utf-8")))
        for path in (HELPDESK / "templates").rglob("*")
        if path.suffix in {".html", ".txt"}
    ]
    for path in HELPDESK.rglob("*.py"):
        if "demo" not in path.parts:
            code = DOCSTRING.sub("", path.read_text(encoding="utf-8"))
            found.append((str(path.relative_to(HELPDESK)), " ".join(STRING.findall(code))))
    return found


TEXTS = texts()


@pytest.mark.parametrize("phrase", RETIRED)
def test_a_retired_phrase_is_on_no_page(phrase):
    found = [name for name, text in TEXTS if phrase in " ".join(text.split())]
    assert not found, f"“{phrase}” is in {found}; write “{RETIRED[phrase]}”"


def test_there_are_texts():
    assert len(TEXTS) > 200
