"""Door: `python -m src.runs` lists what has been trained, from the folders alone.

python -m src.runs experiment=xray "val_auroc > 0.95 and lr < 1e-3" --sort=-val_auroc --columns run,lr,val_auroc
python -m src.runs sweep=NAME --json            # or --csv, --parquet FILE: docs/records.md says what each column is
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.config.errors import raise_on_signals, report_errors, show_warnings
from src.config.terminal import output, plain_console

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 40  # rows on a terminal


def main() -> None:
    """Read the command line, read the folders, write the table."""
    arguments = _parsed()
    raise_on_signals()
    with report_errors(), output(goes_on=False):
        show_warnings()
        tell(arguments)


def tell(arguments: argparse.Namespace) -> None:
    """Write the rows that are asked for, in the form that is asked for."""
    from src.disk import check_output, whole_file
    from src.runs.query import asked, best_first
    from src.runs.table import runs_table

    table = runs_table()
    if table.empty and not arguments.where:
        raise ValueError(
            "mlruns: must hold runs, but got none here; `python -m src.train +experiment=smoke` trains one."
        )
    columns = arguments.columns.split(",") if arguments.columns else ()
    rows = asked(table if arguments.sort else best_first(table), arguments.where, sort=arguments.sort)
    if arguments.parquet:
        check_output(Path(arguments.parquet), (".parquet",))
        with whole_file(Path(arguments.parquet)) as part:
            asked(rows, columns=columns).apply(_of_one_kind).to_parquet(part, index=False)
        print(arguments.parquet)
    elif arguments.json:
        asked(rows, columns=columns).to_json(
            sys.stdout, orient="records", indent=2, date_format="iso", double_precision=15
        )
        print()
    elif arguments.csv:
        asked(rows, columns=columns).to_csv(sys.stdout, index=False)
    else:
        _show(asked(rows, columns=columns), columns, len(table), arguments.limit)


def _of_one_kind(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column as Parquet takes it: one that holds numbers and texts as texts."""
    kinds = {isinstance(value, str) for value in column.dropna()} if column.dtype == object else ()
    return column.map(str, na_action="ignore") if len(kinds) > 1 else column


def _show(rows: pd.DataFrame, columns: Sequence[str], of: int, limit: int) -> None:
    import pandas as pd
    from rich import box
    from rich.table import Table

    from src.runs.query import overview
    from src.statistics.rounding import rounded

    def cell(value: object) -> str:
        if pd.isna(value):  # type: ignore[call-overload]
            return ""
        if not isinstance(value, float):
            return f"{value}"
        return rounded(value) if abs(value) >= 1e-3 else f"{value:.4g}"

    console, shown = plain_console(), rows.head(limit) if limit else rows
    named = {name: name for name in map(str, rows.columns)} if columns else overview(rows)
    cells = {name: [heading, *map(cell, shown[name])] for name, heading in named.items()}
    if not columns:  # as many as there is room for, the most important first
        widths = accumulate(max(map(len, texts)) + 3 for texts in cells.values())
        cells = {name: cells[name] for name, width in zip(named, widths, strict=True) if width < console.width}
    more = f"the first {len(shown):,}; --limit 0 shows all" if len(shown) < len(rows) else None
    title = f"{len(rows):,} of {of:,} runs"
    board = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", caption=more, caption_justify="left")
    for name in cells:
        board.add_column(named[name], overflow="fold", no_wrap=not columns)
    for row in list(zip(*cells.values(), strict=True))[1:]:
        board.add_row(*row)
    console.print(board)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m src.runs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("where", nargs="*", help="conditions that all hold: name=value, or an expression of columns")
    parser.add_argument(
        "--sort", help="a column; -NAME (typed --sort=-NAME): the largest first; by default the best first"
    )
    parser.add_argument("--columns", help="names, divided by commas; all are told of by --json")
    parser.add_argument("--limit", type=int, default=SHOWN, help=f"rows to show, {SHOWN}; 0: all")
    written = parser.add_mutually_exclusive_group()
    written.add_argument("--json", action="store_true", help="to stdout, an object for each run")
    written.add_argument("--csv", action="store_true", help="to stdout")
    written.add_argument("--parquet", metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
