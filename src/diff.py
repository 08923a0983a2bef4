"""Door: `python -m src.diff RUN RUN` says what is different between two runs, and whether their figures differ.

Each is a run (folder name, `<sweep>/<number>` or MLflow id) or a sweep, which stands for its best configuration over its
seeds and folds. Of single runs the figures are compared on the same rows (DeLong, McNemar), of several by those of these
that both have.
`--json` writes all of it to stdout: docs/records.md says what.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from src.config.door import enter
from src.config.terminal import plain_console

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

TITLES = {
    "settings": "settings",
    "facts": "data, code and environment",
    "figures": "figures, the second's less the first's",
    "same_rows": "on the same rows",
    "curves": "curves",
}


def main() -> None:
    """Read the command line, compare, tell."""
    enter(__doc__, lambda arguments: diff(*parse(arguments)))


def parse(arguments: Sequence[str]) -> tuple[str, str, bool]:
    """Two names, and whether it is to be told as JSON; ValueError for anything else."""
    names = [text for text in arguments if not text.startswith("-")]
    if len(names) != 2 or set(arguments) - {*names, "--json"}:
        raise ValueError(f"command line: must name two runs or sweeps, but got {' '.join(arguments) or 'nothing'}.")
    return names[0], names[1], "--json" in arguments


def diff(first: str, second: str, as_json: bool) -> None:
    """Tell how two runs differ."""
    from src.runs.diff import Diff

    found = Diff.of(first, second)
    if as_json:
        json.dump(found.told(), sys.stdout, indent=2)
        print()
        return
    console = plain_console()
    console.print(f"first:  {found.first.name}\nsecond: {found.second.name}", highlight=False)
    for name, title in TITLES.items():
        frame = getattr(found, name)
        if frame.empty:
            console.print(f"{title}: none" if name == "same_rows" else f"{title}: no difference", style="dim")
        else:
            console.print(_drawn(title, frame))


def _drawn(title: str, frame: pd.DataFrame) -> Table:
    from rich import box
    from rich.table import Table

    left_out = frame["left out"].max() if "left out" in frame else 0
    caption = f"without {left_out:.0f} seeds and folds that only one of them has" if left_out > 0 else None
    board = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", caption=caption, caption_justify="left")
    told = frame.dropna(axis=1, how="all").drop(columns=["high", "left out"], errors="ignore")
    told = told.rename(columns={"low": "95 %"})
    for name in told.columns:
        board.add_column(str(name), overflow="fold", no_wrap=name not in ("first", "second"))
    for place in range(len(told)):
        board.add_row(*(_cell(name, frame.iloc[place]) for name in told.columns))
    return board


def _cell(name: str, row: pd.Series[Any]) -> str:
    from src.statistics.rounding import rounded

    value = row["low" if name == "95 %" else name]
    if value != value:  # NaN
        return ""
    if name == "95 %":
        return f"[{rounded(value)}, {rounded(row['high'])}]"
    if name == "p":
        return f"{value:.3f}" if value >= 0.001 else "< 0.001"
    return rounded(value) if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
