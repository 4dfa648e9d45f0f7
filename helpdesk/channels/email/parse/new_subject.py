"""Whether somebody wrote the subject of an answer by mail themselves: who says all of it there says it nowhere else."""

import re

from helpdesk.markup.one_line import to_one_line

MAX_LENGTH = 300  # characters that are read
_ANSWER_SIGN = re.compile(r"(?:\s*\[[^\[\]#]{1,30}\])*\s*[\w.]{1,14}\s?(?:\[\d{1,3}\])?[:：]")  # "Re:", "[EXT] AW:"
_TICKET_NUMBER = re.compile(r"#\d")
_NO_SUBJECT = re.compile(r"[(<\[].{3,30}[)>\]]")  # "(no subject)", as programs write it
_NO_WORD = re.compile(r"[\W_]+")


def find_new_subject(subject: str, ticket_subject: str) -> str:
    """Return ``subject`` as one line if it is none that a program made: it neither begins like an answer's nor has the
    number that ours have or the words of the ticket's; "" otherwise.
    """
    line = to_one_line(subject)[:MAX_LENGTH].strip()
    signs, known = (_NO_WORD.sub("", text.casefold()) for text in (line, ticket_subject))
    is_ours = bool(_TICKET_NUMBER.search(line)) or signs in known or (bool(known) and known in signs)
    is_made = bool(_ANSWER_SIGN.match(line)) or bool(_NO_SUBJECT.fullmatch(line))
    return "" if is_ours or is_made or not signs else line
