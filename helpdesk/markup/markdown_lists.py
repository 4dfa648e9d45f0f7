"""The numbers of lists in Markdown: those that a person wrote stay."""

from markdown_it.rules_core import StateCore
from markdown_it.token import Token


def keep_numbers(state: StateCore) -> None:
    """Begin a new list at each item whose number is not the one that follows: "1. 2. 5." and "3. 2. 1." stay so.
    CommonMark looks at the first number only; "1. 1. 1." is counted as it says.
    """
    found: list[Token] = []
    lists: list[tuple[Token, int, bool]] = []  # the open lists: the number that follows, whether all are the same
    for token in state.tokens:
        if token.type == "ordered_list_open":
            lists.append((token, int(token.attrs.get("start", 1)), True))
        elif token.type == "ordered_list_close":
            lists.pop()
        elif token.type == "list_item_open" and token.info.isdecimal():
            opening, following, are_same = lists.pop()
            number, first = int(token.info), int(opening.attrs.get("start", 1))
            if number != following and not (are_same and number == first):
                found.append(Token("ordered_list_close", "ol", -1, level=opening.level, block=True))
                opening = Token(
                    "ordered_list_open",
                    "ol",
                    1,
                    attrs={"start": number},
                    map=opening.map,
                    level=opening.level,
                    markup=opening.markup,
                    block=True,
                )
                found.append(opening)
                following, first, are_same = number, number, True
            lists.append((opening, following + 1, are_same and number == first))
        found.append(token)
    state.tokens = found
