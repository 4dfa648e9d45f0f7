"""Every catalogue is whole: nothing fuzzy, the same placeholders and tags, as many plural forms as the language has."""

import importlib.machinery
import importlib.util
import re
from pathlib import Path

import pytest
from babel.messages import pofile

from helpdesk.translation import languages

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(languages.FOLDER.glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|%")
TAG = re.compile(r"</?[a-z][^>]*>")
LEAST_SHARE = 0.98  # of the sentences of a language that is offered


def read(path: Path):
    with path.open("rb") as file:
        return pofile.read_po(file, locale=path.parents[1].name)


def load_script():
    """bin/translations as a module."""
    loader = importlib.machinery.SourceFileLoader("translations_script", str(ROOT / "bin" / "translations"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def faults(message, plurals: int) -> list[str]:
    """What is wrong with the translation of one entry; an empty one is only missing."""
    originals = message.id if isinstance(message.id, tuple) else (message.id,)
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    found = ["fuzzy"] if message.fuzzy else []
    if not any(texts):
        return found
    if isinstance(message.id, tuple) and (len(texts) != plurals or not all(texts)):
        found.append(f"{len(texts)} plural forms, some of them empty, instead of {plurals}")
    for text in texts:
        wanted = names(originals[-1])
        # A form for one may say "one" instead of the number.
        if wanted - names(text) - ({"num"} if len(originals) > 1 else set()) or names(text) - wanted:
            found.append(f"placeholders {sorted(names(text))} instead of {sorted(wanted)}")
        if sorted(TAG.findall(text)) != sorted(TAG.findall(originals[-1])):
            found.append(f"other tags in {text!r}")
        if originals[-1][:1].isspace() != text[:1].isspace() or originals[-1][-1:].isspace() != text[-1:].isspace():
            found.append("other spaces at the ends")
    return found


def names(text: str) -> set[str]:
    """The placeholders of a sentence; a lone % in one with placeholders is one, too."""
    found = {match[1] or match[0] for match in PLACEHOLDER.finditer(text)}
    return found if "%(" in text or "%%" in text else found - {"%"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_a_catalogue_has_no_faults_and_is_whole(path):
    catalogue = read(path)
    wrong = {str(each.id): found for each in catalogue if each.id and (found := faults(each, catalogue.num_plurals))}
    assert wrong == {}
    known = [each for each in catalogue if each.id]
    done = [each for each in known if (all(each.string) if isinstance(each.string, tuple) else each.string)]
    assert len(done) >= LEAST_SHARE * len(known), f"{len(known) - len(done)} of {len(known)} are not translated"


def test_faults_are_found(write_catalogue):
    path = write_catalogue(
        "pl",
        'msgid "A %(name)s"\nmsgstr "B %(nmae)s"\n\n#, fuzzy\nmsgid "C"\nmsgstr "D"\n\n'
        'msgid "E <b>%(x)s</b>"\nmsgstr "F %(x)s"\n\n'
        'msgid "%(num)s G"\nmsgid_plural "%(num)s Gs"\nmsgstr[0] "%(num)s H"\nmsgstr[1] ""\nmsgstr[2] "%(num)s I"\n\n'
        'msgid "J %(k)s"\nmsgstr "%(k)s L"\n',
        "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    )
    catalogue = read(path)
    wrong = [each.id for each in catalogue if each.id and faults(each, catalogue.num_plurals)]
    assert wrong == ["A %(name)s", "C", "E <b>%(x)s</b>", ("%(num)s G", "%(num)s Gs")]


def test_the_template_and_the_catalogues_are_those_of_today(capsys):
    assert load_script().main(["--check"]) == 0, capsys.readouterr().out
