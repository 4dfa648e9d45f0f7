"""Compare the words of a rendering with those of a reference, in order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.markup.visible import Word

LOOK_AHEAD = 600  # words that may stand between two words of the reference


@dataclass
class Score:
    """What was kept of all texts of a folder in one rendering. ``lost``: the words that were not, by file."""

    texts: int = 0
    whole: int = 0
    words: int = 0
    kept: int = 0
    styled: int = 0
    same_style: int = 0
    lost: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, reference: Sequence[Word], shown: Sequence[Word]) -> None:
        """Compare one text. The words of the reference must be shown in their order; more may be shown."""
        places = align(reference, shown)
        missing = [word.text for word, place in zip(reference, places, strict=True) if place is None]
        self.texts += 1
        self.words += len(reference)
        self.kept += len(reference) - len(missing)
        wrong = []
        for word, place in zip(reference, places, strict=True):
            if word.style and place is not None:
                self.styled += 1
                if shown[place].style == word.style:
                    self.same_style += 1
                else:
                    wrong.append(f"{word.text} ({word.style} → {shown[place].style})")
        self.whole += not missing and not wrong
        if missing:
            self.lost[name] = "words: " + " ".join(missing[:20])
        elif wrong:
            self.lost[name] = "styles: " + " ".join(wrong[:10])

    def add_same(self, name: str, is_same: bool) -> None:
        """Count one text that is the same or is not."""
        self.texts += 1
        self.whole += is_same
        if not is_same:
            self.lost[name] = "not the same"


def align(reference: Sequence[Word], shown: Sequence[Word]) -> list[int | None]:
    """Return for each word of ``reference`` its place in ``shown``, None for one that is not there in order."""
    found = _take_first(reference, shown)
    if len(found) == len(reference):
        return found
    found, begin = [], 0
    for number, word in enumerate(reference):
        place = _find(word.text, shown, begin)
        if place is not None and place > begin and _is_too_far(reference, shown, number, begin, place):
            place = None
        found.append(place)
        begin = begin if place is None else place + 1
    return found


def _take_first(reference: Sequence[Word], shown: Sequence[Word]) -> list[int | None]:
    """Take the first place behind the one before for each word, until one is missing: if all can be found, they are."""
    found: list[int | None] = []
    place = -1
    for word in reference:
        place = next((at for at in range(place + 1, len(shown)) if shown[at].text == word.text), -1)
        if place < 0:
            break
        found.append(place)
    return found


def _find(text: str, shown: Sequence[Word], begin: int) -> int | None:
    for place in range(begin, min(begin + LOOK_AHEAD, len(shown))):
        if shown[place].text == text:
            return place
    return None


def _is_too_far(reference: Sequence[Word], shown: Sequence[Word], number: int, begin: int, place: int) -> bool:
    """Whether taking ``place`` would skip more of the reference's next words than leaving this one out."""
    following = Counter(word.text for word in reference[number + 1 : number + 1 + (place - begin)])
    skipped = Counter(word.text for word in shown[begin:place])
    behind = Counter(word.text for word in shown[place + 1 : place + 1 + 2 * (place - begin)])
    return sum((following & skipped).values()) > sum((following & behind).values()) + 1
