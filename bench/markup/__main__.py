"""Score a folder of texts: Markdown (.md), Slack's messages (.json with rich_text blocks) and HTML mails (.html).

Each folder in DIR, and DIR itself, is a table. Words: those of an independent reader that are shown, in order. Styles:
words with a style that have the same one. Whole: texts of which every word and style is kept, or, on the way
through Slack and back, that show the same HTML. What was lost follows, ``--lost`` texts of each.
"""

import argparse
from collections import defaultdict
from pathlib import Path

from bench.markup import conversions, visible
from bench.markup.comparison import Score

SUFFIXES = (".md", ".markdown", ".txt", ".json", ".html", ".htm")


def score_folder(folder: Path) -> dict[str, Score]:
    """Return the scores of the texts directly in ``folder``, by rendering."""
    scores: dict[str, Score] = defaultdict(Score)
    for path in sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES):
        text = path.read_text(errors="replace")
        if path.suffix == ".json":
            for number, message in enumerate(conversions.slack_messages(text), 1):
                shown = conversions.read_slack(message)
                scores["from Slack"].add(f"{path.name}:{number}", conversions.slack_reference(message), shown)
        elif path.suffix in {".html", ".htm"}:
            scores["from HTML mail"].add(path.name, visible.words_of_html(text), conversions.read_html(text))
        else:
            for name, words in conversions.render(text).items():
                scores[name].add(path.name, conversions.reference_words(text, name), words)
            scores["through Slack and back"].add_same(path.name, conversions.is_same_after_slack(text))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lost", type=int, default=5, help="how many texts of each rendering are named (5)")
    arguments = parser.parse_args()
    folders = [arguments.folder, *sorted(path for path in arguments.folder.rglob("*") if path.is_dir())]
    for folder in folders:
        for name, score in score_folder(folder).items():
            print(f"{folder.name}, {name}: {describe(score)}")
            for text, lost in list(score.lost.items())[: arguments.lost]:
                print(f"    {text}: {lost}")


def describe(score: Score) -> str:
    """Return the figures of one rendering."""
    found = [f"{score.texts} texts"]
    for what, part, of in (("words", score.kept, score.words), ("styles", score.same_style, score.styled)):
        if of:
            found.append(f"{what} {part / of:.2%}")
    return ", ".join([*found, f"whole {score.whole / score.texts:.1%}"])


if __name__ == "__main__":
    main()
