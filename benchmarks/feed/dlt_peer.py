"""The same rows by dlt at its fastest, run by an interpreter that has it; prints the seconds.

``python dlt_peer.py FILE FOLDER``, with the connection string on standard input. It imports nothing of the suite.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR", DLT_CONFIG_FOLDER=".dlt")

import dlt
import pyarrow as pa
from pyarrow import csv

TYPES = {
    "offer_id": pa.int64(),
    "quantity": pa.int32(),
    "price_amount": pa.decimal128(12, 2),
    "cost_amount": pa.decimal128(12, 2),
    "weight_grams": pa.decimal128(12, 3),
    "created_at": pa.timestamp("us", "UTC"),
    "updated_at": pa.timestamp("us", "UTC"),
}


def offers(path: str) -> Iterator[pa.Table]:
    """The file in blocks of some megabytes."""
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=16 * 1024 * 1024),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=TYPES),
    )
    for batch in reader:
        yield pa.Table.from_batches([batch])


if __name__ == "__main__":
    path, folder, dsn = sys.argv[1], sys.argv[2], sys.stdin.readline().strip()
    began = time.perf_counter()
    pipeline = dlt.pipeline(
        "offers",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(credentials=dsn),
        dataset_name="offers_by_dlt",
    )
    done = pipeline.run(
        offers(path), table_name="offers", write_disposition="append", loader_file_format="parquet"
    )
    done.raise_on_failed_jobs()
    print(time.perf_counter() - began)
