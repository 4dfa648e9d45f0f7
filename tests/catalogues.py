"""Catalogues made by a test instead of those of the product."""

import pytest

from helpdesk.translation import catalogues, languages


@pytest.fixture
def write_catalogue(tmp_path, monkeypatch):
    """Write the catalogue of a language from the text of its entries; only these languages are offered."""
    monkeypatch.setattr(languages, "FOLDER", tmp_path)
    catalogues.clear_catalogues()

    def write(code: str, entries: str, plural: str = "nplurals=2; plural=(n != 1);"):
        file = tmp_path / code / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True, exist_ok=True)
        head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {plural}\\n"\n\n'
        file.write_text(head + entries, encoding="utf-8")
        catalogues.clear_catalogues()
        return file

    yield write
    monkeypatch.undo()
    catalogues.clear_catalogues()
