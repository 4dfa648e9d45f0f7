"""Write the sentences of a template into it while it is compiled, or make them filters.

A desk page has some two hundred sentences. Jinja passes every call in a template through ``Context.call`` and has every
value escaped. A filter is called in a third of the time; and in an environment that is made for one language
(``web/templating/environments.py``) a sentence is text of the template. Only literals without values are replaced,
before the parser reads them; a sentence with values stays a call.
"""

from collections.abc import Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import escape

from helpdesk.translation.catalogues import Catalogue

FILTER = "translated"
SENTENCE = (("name", "_"), ("lparen", None), ("string", None), ("rparen", None))
WORD_IN_CONTEXT = (("name", "pgettext"), ("lparen", None), ("string", None), ("comma", None), *SENTENCE[2:])
# What may follow a sentence that becomes a plain text: nothing that joins it to another value or passes it on.
ENDS = {("variable_end", None), ("block_end", None), ("name", "if"), ("name", "else")}


class SentenceFilter(Extension):
    """Replaces the tokens of ``_("Sentence")`` and ``pgettext("context", "word")``."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens of a template, with each call of literals alone as text or as a filter."""
        autoescape = self.environment.autoescape
        writer = _Writer(
            getattr(self.environment, "catalogue", None),
            autoescape(stream.name) if callable(autoescape) else autoescape,
        )
        tokens, place = list(stream), 0
        while place < len(tokens):
            begins = tokens[place].type == "variable_begin"
            first = place + begins
            length = _match(tokens, first, SENTENCE) or _match(tokens, first, WORD_IN_CONTEXT)
            end = first + length
            if not length:
                yield tokens[place]
                place += 1
            elif begins and end < len(tokens) and tokens[end].type == "variable_end" and writer.catalogue:
                yield Token(tokens[place].lineno, "data", writer.translate(tokens[first:end]))
                place = end + 1
            else:
                yield from tokens[place:first]
                yield from writer.replace(tokens[first:end], tokens[end : end + 1])
                place = end


class _Writer:
    def __init__(self, catalogue: Catalogue | None, is_html: bool) -> None:
        self.catalogue, self.is_html = catalogue, is_html

    def translate(self, sentence: list[Token]) -> str:
        """The text of ``sentence``; HTML in a template of HTML."""
        if self.catalogue is None:
            raise ValueError("this environment is for every language")
        texts = [each.value for each in sentence if each.type == "string"]
        if len(texts) == 1:
            text = (self.catalogue.escaped if self.is_html else self.catalogue.plain)[texts[0]]
        else:
            in_context = self.catalogue.escaped_in_context if self.is_html else self.catalogue.plain_in_context
            text = in_context[texts[0], texts[1]]
        return str(text).replace("%%", "%")

    def replace(self, sentence: list[Token], following: list[Token]) -> Iterator[Token]:
        """The tokens of ``sentence`` within an expression."""
        opening, closing = sentence[1], sentence[-1]
        texts = [each for each in sentence if each.type == "string"]
        if self.catalogue and following and _is_end(following[0]):
            text = self.translate(sentence)
            if str(escape(text)) == text:  # escaping it once more changes nothing
                yield from (opening, Token(opening.lineno, "string", text), closing)
                return
        if len(texts) > 1:
            yield from sentence
            return
        yield from (
            opening,
            texts[0],
            Token(opening.lineno, "pipe", "|"),
            Token(opening.lineno, "name", FILTER),
            closing,
        )


def _match(tokens: list[Token], start: int, pattern: tuple[tuple[str, str | None], ...]) -> int:
    """How many tokens from ``start`` are ``pattern``: all of it or 0."""
    part = tokens[start : start + len(pattern)]
    if len(part) < len(pattern):
        return 0
    matches = all(
        token.type == kind and value in (None, token.value) for token, (kind, value) in zip(part, pattern, strict=True)
    )
    return len(pattern) if matches else 0


def _is_end(token: Token) -> bool:
    return (token.type, None) in ENDS or (token.type, token.value) in ENDS
