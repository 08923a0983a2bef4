"""Door: `python -m src.report experiment=xray` writes one HTML page of what is recorded of an experiment.

`sweep=NAME` tells of one sweep or search, `claim=NAME` of a claim (`claim=dropout`), `run=RUN` of one run (folder name,
`<sweep>/<number>`, path or MLflow id).
`output=PATH` says where the page goes. It is drawn from the folders under mlruns/, with `uri=URI` from MLflow's records there.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from src import runs
from src.config.command_line import key_values, named
from src.config.door import enter
from src.disk import check_output, write_text

SUBJECTS = ("experiment", "sweep", "claim", "run")
KEYS = (*SUBJECTS, "output", "uri")


def main() -> None:
    """Read the command line, write the page, say where it lies."""
    enter(__doc__, lambda arguments: print(os.path.relpath(report(parse(arguments)))))


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """`key=value` of each argument; ValueError for what is not known, or if not one subject is named."""
    given = key_values(arguments, KEYS)
    if len(given.keys() & set(SUBJECTS)) != 1:
        raise ValueError(f"command line: must name {named(SUBJECTS)}, but got {' '.join(arguments) or 'nothing'}.")
    return given


def report(given: dict[str, str]) -> Path:
    """Write the page that `given` asks for; its path."""
    from src.report.page_data import read_page_data
    from src.report.sections import whole_page
    from src.tracking.folders import FolderReader
    from src.tracking.reading import Reader

    (subject,) = given.keys() & set(SUBJECTS)
    if "output" in given:
        check_output(Path(given["output"]))
    material = read_page_data(subject, given[subject], Reader(given["uri"]) if "uri" in given else FolderReader())
    plain = re.sub(r"[^\w.=+-]+", "-", material.name).strip(".")
    path = Path(given.get("output") or runs.ROOT / "reports" / f"{plain}.html")
    check_output(path)
    page = whole_page(material)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, page)
    return path


if __name__ == "__main__":
    main()
