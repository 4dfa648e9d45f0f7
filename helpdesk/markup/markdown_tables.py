"""Parse GFM's tables so that no cell is lost: what a row has beyond the columns of the heading stands in its last cell,
as with a pipe in a command ("ls | wc"). GFM leaves it out.
"""

from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

MAX_COLUMNS = 100


def parse_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse the table that begins in line ``start``; False where there is none, or one with too many columns."""
    if state.src.count("|", state.bMarks[start], state.eMarks[start]) > MAX_COLUMNS:
        return False
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    row: Token | None = None
    cells: list[Token] = []
    for token in state.tokens[first:]:
        if token.type == "tr_open":
            row, cells = token, []
        elif token.type == "inline":
            cells.append(token)
        elif token.type == "tr_close" and row is not None and row.map and cells:
            _add_further_cells(state, row.map[0], cells)
    return True


def _add_further_cells(state: StateBlock, line: int, cells: list[Token]) -> None:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
    if text.count("|") < len(cells):
        return
    columns = escapedSplit(text)
    columns = columns[1:] if columns[0] == "" else columns
    columns = columns[:-1] if columns and columns[-1] == "" else columns
    further = [each.strip() for each in columns[len(cells) :]]
    if any(further):
        cells[-1].content = " | ".join([cells[-1].content, *further])
