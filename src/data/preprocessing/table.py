"""Rows of a table: columns by name, each encoded as it was fitted on train."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from src.data.labels import Labels
from src.data.raw import Inputs, Raw

if TYPE_CHECKING:
    import pandas as pd

    from src.data.tables.columns import Column
    from src.data.tables.files import Format


@dataclass(frozen=True)
class TableRows:
    """A frame's rows as inputs: `columns` in the order of their features; `target`: where labels are, if a file has them.

    `others`: columns that training had and the model does not see; `decimal`: the sign of decimals in texts.
    """

    columns: tuple[Column, ...]
    target: str
    others: tuple[str, ...]
    form: Format
    decimal: str
    kind: ClassVar[str] = "table"

    @property
    def features(self) -> list[str]:
        """What the numbers of an input are called."""
        return [feature for column in self.columns for feature in column.features]

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Of each feature: 0 of a number, else how many codes."""
        return tuple(size for column in self.columns for size in column.cardinalities)

    def read(self, path: Path) -> Raw:
        """The rows of a table, by number from 1; its target column, if it has one, are the labels.

        ValueError where numbers are written in another way than in training.
        """
        from src.data.tables.files import check_decimal, read_table

        found = read_table(path, self.form)
        check_decimal(path, found, self.decimal)
        return self.take(found.frame if self.form.header is not None else self._placed(str(path), found.frame))

    def take(self, given: Any) -> Raw:
        """A frame with the columns by name, in any order, beside others; or a list of mappings, or a mapping of lists.

        Rows without names, as lists or arrays, hold the columns in their order; or, where train had no names either, all
        that it had, or all but the target.
        """
        import pandas as pd

        try:
            frame = given if isinstance(given, pd.DataFrame) else pd.DataFrame(given)
        except Exception as error:  # whatever pandas makes of it
            raise ValueError(f"input: must be rows with columns by name, but got {type(given).__name__}.") from error
        nameless = isinstance(frame.columns, pd.RangeIndex)
        frame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
        names = [column.name for column in self.columns]
        if nameless and len(frame.columns) != len(names):
            frame = self._placed("input", frame)
        elif nameless and not set(names) <= set(frame.columns):
            frame = frame.set_axis(names, axis=1)
        self._check(frame)
        new = ", ".join(name for name in frame.columns if name not in {*names, *self.others, self.target})
        notes = [f"columns that training did not have change nothing: {new}"] if new else []
        return Raw(frame, [str(row) for row in range(1, len(frame) + 1)], self._labels(frame), notes)

    def inputs(self, raw: Raw) -> Inputs:
        """float32 (M, F), of those rows whose columns are of their kind."""
        import numpy as np
        import torch

        self._check(raw.content)  # which another model of several may have taken in
        encoded = [column.encode(raw.content[column.name]) for column in self.columns]
        faults: dict[int, str] = {}
        for one in encoded:
            for place, reason in one.faults.items():
                faults[place] = f"{faults[place]}; {reason}" if place in faults else reason
        places = [place for place in range(len(raw)) if place not in faults]
        features = np.concatenate([one.features for one in encoded], 1).astype(np.float32)
        return Inputs(torch.from_numpy(features[places]), places, faults)

    def state(self) -> dict[str, Any]:
        """Each column's."""
        from src.data.tables.columns import stored_column

        return {
            "columns": [stored_column(column) for column in self.columns],
            "target": self.target,
            "others": list(self.others),
            "decimal": self.decimal,
            "form": asdict(self.form),
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The one that `state` was taken of."""
        from src.data.tables.columns import restored_column
        from src.data.tables.files import Format

        columns: Sequence[Column] = [restored_column(column) for column in state["columns"]]
        form = Format(**state["form"])
        return cls(tuple(columns), state["target"], tuple(state["others"]), form, state["decimal"])

    def _placed(self, source: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows without names, as train's were: with the columns of train in their places, or with all but the target."""
        told = [*(column.name for column in self.columns), *self.others, self.target]
        by_place = [str(number) for number in range(len(told))]
        width = len(frame.columns)
        if set(told) != set(by_place) or list(frame.columns) != [str(number) for number in range(width)]:
            return frame
        if width == len(told) - 1:
            return frame.set_axis([name for name in by_place if name != self.target], axis=1)
        if width != len(told):
            raise ValueError(
                f"{source}: rows without names must have {len(told)} columns, or {len(told) - 1} without the target, "
                f"but got {width}."
            )
        return frame

    def _check(self, frame: pd.DataFrame) -> None:
        """Raises ValueError unless each column that is learned from is there, once, and the target once if at all."""
        has, names = Counter(frame.columns), [column.name for column in self.columns]
        if missing := [name for name in names if name not in has]:
            first = ", ".join(list(frame.columns)[:20])
            raise ValueError(f"input: must have the columns {', '.join(missing)}, but got only {first}.")
        if twice := [name for name in (*names, self.target) if has[name] > 1]:
            raise ValueError(f"input: each column must be there once, but got {twice[0]!r} more than once.")

    def _labels(self, frame: pd.DataFrame) -> Labels | None:
        """Read as in training; None where there is no target, or none in any row."""
        from src.data.tables.values import numbers, texts

        if self.target not in frame.columns:
            return None
        written = texts(frame[self.target])
        return Labels(written, numbers(frame[self.target], self.decimal)[0].tolist()) if any(written) else None
