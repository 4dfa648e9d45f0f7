"""The numbers of lists in Markdown: those that a person wrote stay."""

from markdown_it.rules_core import StateCore
from markdown_it.token import Token


def keep_higher_numbers(state: StateCore) -> None:
    """Begin a new list at each item whose number is higher than the one that follows: "1. 2. 5." stays so. CommonMark
    looks at the first number only; "1. 1. 1." is counted as it says.
    """
    found: list[Token] = []
    lists: list[tuple[Token, int]] = []  # the open lists, each with the number that follows
    for token in state.tokens:
        if token.type == "ordered_list_open":
            lists.append((token, int(token.attrs.get("start", 1))))
        elif token.type == "ordered_list_close":
            lists.pop()
        elif token.type == "list_item_open" and token.info.isdecimal():
            opening, following = lists.pop()
            number = int(token.info)
            if number > following:
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
                following = number
            lists.append((opening, following + 1))
        found.append(token)
    state.tokens = found
