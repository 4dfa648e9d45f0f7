"""A sentence in the code that people read goes through the catalogue: gettext and its relatives.

A sentence is a literal that begins with an upper-case character or a value and ends like a sentence. What only
programs, logs and administrators of the machine read is in English, and listed here by where it is.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HELPDESK = Path(__file__).parents[2] / "helpdesk"
FOLDERS = ("web", "domain", "channels", "models")
SENTENCE = re.compile(r"^[A-Z“{#][^\n]*[a-z]{2}[^\n]*[a-z}”)][.?]$", re.DOTALL)
TRANSLATING = {"gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext", "lazy_pgettext", "N_"}
ENGLISH_ON_PURPOSE = {
    "web/api/": "programs read it",
    "web/live/": "the log",
    "web/scim/protocol.py": "programs read it",
    "domain/provisioning/": "programs read it",
    "web/health": "the log",
    "web/hooks.py": "programs read it",
    "channels/slack/api/api_errors.py": "compared with what is stored; shown as Slack's own codes are",
    "channels/slack/api/emoji_pictures.py": "the log",
    "channels/slack/handlers/": "the result of an event, for the log",
    "channels/email/hooks/": "a mail service and its operator read it",
    "channels/email/handlers/bounce.py": "the result of an event, for the log",
    "channels/email/handlers/__init__.py": "the result of an event, for the log",
    "channels/email/handlers/create_ticket.py": "the result of an event, for the log",
    "channels/email/handlers/folded_text.py": "what our own mails say, to find it again in quotes",
    "channels/email/parse/": "what other programs write",
    "channels/email/render/sample_messages.py": "a person's words in a sample",
    "channels/email/render/message_types.py": "the default of a value that is always given",
    "domain/monitoring/forwarding.py": "the command line: doctor",
    "domain/monitoring/metrics": "Prometheus",
    "domain/metrics.py": "Prometheus",
    "domain/authentication/provider_keys.py": "the log",
    "domain/integrations/webhooks.py": "a test for a program",
    "domain/imports/": "the command line",
    "domain/representations.py": "programs read it",
    "domain/idempotency.py": "programs read it",
    "domain/integrations/idempotency_keys.py": "programs read it",
    "domain/administration/settings.py": "an error of programming",
    "models/personal_data.py": "developers read it",
    "models/setting.py": "the command line; the pages have labels of their own",
}
OUTSIDE = {
    "ValueError",
    "TypeError",
    "RuntimeError",
    "LookupError",
    "KeyError",
    "AssertionError",
    "NotImplementedError",
}


# Where the sentence of a ValueError is shown to whoever typed the value.
SHOWN_ERRORS = ("domain/people/", "domain/ticket_lists/", "domain/forms/", "web/form_base.py", "web/settings/")


def find_sentences(tree: ast.AST, outside: set[str] = OUTSIDE) -> Iterator[tuple[int, str]]:
    """The sentences of a module outside docstrings, logs, errors of programming, and translating calls."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(parents.get(node), ast.Expr | ast.JoinedStr):
            continue  # a docstring, or a part of a text with values
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if SENTENCE.match(text) and " " in text and not set(list_calls(node, parents)) & (TRANSLATING | outside):
            yield node.lineno, text


def list_calls(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[str]:
    """The names of the calls around ``node`` in its statement; a call of a log is one of OUTSIDE."""
    while (parent := parents.get(node)) is not None and not isinstance(parent, ast.stmt):
        if isinstance(parent, ast.Call):
            name = parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "")
            owner = ast.unparse(parent.func.value) if isinstance(parent.func, ast.Attribute) else ""
            yield "ValueError" if re.search(r"\blog", owner) else name
        node = parent


def test_every_sentence_of_the_code_is_in_the_catalogue():
    found = []
    for folder in FOLDERS:
        for path in sorted((HELPDESK / folder).rglob("*.py")):
            name = str(path.relative_to(HELPDESK))
            if not name.startswith(tuple(ENGLISH_ON_PURPOSE)):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                outside = OUTSIDE - {"ValueError"} if name.startswith(SHOWN_ERRORS) else OUTSIDE
                found += [f"{name}:{line} {text}" for line, text in find_sentences(tree, outside)]
    assert not found, "\n".join(found)


def test_a_literal_sentence_is_found():
    code = '''
def f(x):
    """A docstring is none."""
    log.info("This is a log.")
    raise ValueError("This is an error of programming.")
    g("People read this.")
    g(gettext("People read this, too."))
    return f"{x} is read by people."
'''
    assert sorted(find_sentences(ast.parse(code))) == [(6, "People read this."), (8, "{} is read by people.")]


def test_no_phrase_with_a_number_stands_in_another_sentence():
    """ "3 tickets" in a sentence has a gender and a case that no translator can choose; in a list after a colon it may."""
    found = []
    for path in sorted(HELPDESK.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in TRANSLATING:
                found += [
                    f"{path.relative_to(HELPDESK)}:{value.value.lineno}"
                    for value in call.keywords
                    if isinstance(value.value, ast.Call)
                    and getattr(value.value.func, "id", "") in {"ngettext", "npgettext"}
                ]
    assert found == []


def list_sentences_in_f_strings(tree: ast.AST) -> list[int]:
    """The lines of translating calls within f-strings."""
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    calls = [call for text in texts for call in ast.walk(text) if isinstance(call, ast.Call)]
    return [call.lineno for call in calls if getattr(call.func, "id", "") in TRANSLATING]


def test_no_sentence_stands_within_an_f_string():
    """Before Python 3.12 an f-string is one token (PEP 701), in which Babel finds no sentence for the catalogues."""
    found = []
    for path in sorted(HELPDESK.rglob("*.py")):
        lines = list_sentences_in_f_strings(ast.parse(path.read_text(encoding="utf-8")))
        found += [f"{path.relative_to(HELPDESK)}:{line}" for line in lines]
    assert found == []
    assert list_sentences_in_f_strings(ast.parse("x = 1\ny = f'{gettext(\"People read this.\")}'")) == [2]


def list_audit_actions(tree: ast.Module) -> set[str]:
    """The actions that a module adds to the audit log, also those that it hands to a function of its own which does."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    given = [call.args[0] for call in calls if getattr(call.func, "attr", "") == "add_entry" and call.args]
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        names = [argument.arg for argument in function.args.args + function.args.kwonlyargs]
        handed_on = {node.id for node in given if isinstance(node, ast.Name) and node in list(ast.walk(function))}
        for name in handed_on & set(names):
            for call in (call for call in calls if getattr(call.func, "id", "") == function.name):
                given += [keyword.value for keyword in call.keywords if keyword.arg == name]
                given += call.args[names.index(name) : names.index(name) + 1]
    constants = [node for each in given for node in ast.walk(each) if isinstance(node, ast.Constant)]
    return {node.value for node in constants if node.value and isinstance(node.value, str)}


def test_every_action_of_the_audit_log_can_be_translated():
    from helpdesk.domain.administration import audit_actions

    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HELPDESK.rglob("*.py")]
    found = set().union(*map(list_audit_actions, trees))
    assert len(found) > 40 and "moved a rule" in found
    assert found <= set(audit_actions.ACTIONS)
