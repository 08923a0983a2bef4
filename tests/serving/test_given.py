"""What the server's parser makes of JSON is undone: the oracle is the JSON itself."""

import json
from typing import Any

import pandas as pd
import pytest
from mlflow.pyfunc.scoring_server import infer_and_parse_data

from src.serving.given import plain

RECORDS = [{"age": 39, "job": "a", "visits": None}, {"age": 40.5, "job": "007", "visits": 1}]
COLUMNS = {name: [row[name] for row in RECORDS] for name in RECORDS[0]}
ROWS = [list(row.values()) for row in RECORDS]


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ({"inputs": RECORDS}, RECORDS),
        ({"instances": RECORDS}, RECORDS),
        ({"inputs": COLUMNS}, RECORDS),
        ({"inputs": RECORDS[0]}, RECORDS[:1]),
        ({"inputs": ROWS}, ROWS),
        ({"inputs": [[39, "007"], [40.5, "b"]]}, [[39, "007"], [40.5, "b"]]),
        ({"inputs": [[1.234, "1_000"]]}, [[1.234, "1_000"]]),
    ],
    ids=["records", "instances", "columns", "one-row", "rows", "numbers-beside-text", "text-like-numbers"],
)
def test_rows_come_as_they_were_sent(request_: dict[str, Any], wanted: Any):
    given = plain(infer_and_parse_data(json.loads(json.dumps(request_))))
    pd.testing.assert_frame_equal(pd.DataFrame(given), pd.DataFrame(wanted), check_dtype=False)
