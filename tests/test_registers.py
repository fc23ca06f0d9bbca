"""A large register gives the same as text, as codes, as CSV, as Parquet and in another order."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from assess.framework import load_framework
from assess.load import codes, parquet_files
from assess.measure import measure
from assess.validate import read_records

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

MEMBERS = 6_000
NUMBERS = ["value", "numerator", "denominator", "n_missing", "records", "low", "high"]


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    """The same small register three times: CSV, Parquet, and Parquet with its rows shuffled."""
    from registers import make_register

    folders = {}
    for name, kind, shuffled in (
        ("csv", "csv", False),
        ("parquet", "parquet", False),
        ("shuffled", "parquet", True),
    ):
        folders[name] = tmp_path_factory.mktemp(name)
        make_register(folders[name], MEMBERS, kind, shuffled=shuffled)
    return folders


def seen(folder, monkeypatch, many_rows):
    monkeypatch.setattr(codes, "MANY_ROWS", many_rows)
    monkeypatch.setattr(parquet_files, "MANY_ROWS", many_rows)
    records = read_records(folder)
    measures = measure(records, load_framework(), records.latest_period()).table
    return records, measures


def problems(records):
    every = (*records.problems, *records.consistency)
    return sorted((p.source.split(".")[0], p.row or 0, p.column or "", p.rule) for p in every)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_codes_give_what_text_gives(registers, monkeypatch, kind):
    """CSV as text is the yardstick: every cell, problem and number is the same."""
    text, measured_text = seen(registers["csv"], monkeypatch, 10**9)
    coded, measured_coded = seen(registers[kind], monkeypatch, 1_000)
    assert codes.is_coded(coded.tables["attendance"]["person_id"])
    assert not codes.is_coded(text.tables["attendance"]["person_id"])
    for table, rows in text.tables.items():
        for column in rows:
            found = coded.tables[table][column]
            found = found.astype("str") if codes.is_coded(found) else found
            pd.testing.assert_series_equal(found, rows[column], check_index_type=False)
    assert problems(coded) == problems(text)
    pd.testing.assert_frame_equal(measured_coded[NUMBERS], measured_text[NUMBERS])
    assert measured_coded["state"].equals(measured_text["state"])


def test_a_small_parquet_table_reads_as_its_csv(registers, monkeypatch):
    """Under the limit both are text, and go the same way."""
    csv, measured_csv = seen(registers["csv"], monkeypatch, 10**9)
    parquet, measured_parquet = seen(registers["parquet"], monkeypatch, 10**9)
    assert problems(parquet) == problems(csv)
    pd.testing.assert_frame_equal(measured_parquet[NUMBERS], measured_csv[NUMBERS])


def test_the_order_of_rows_changes_no_number(registers, monkeypatch):
    """Coded lists follow the first rows, so another order gives other codes but no other value."""
    _, first = seen(registers["parquet"], monkeypatch, 1_000)
    _, other = seen(registers["shuffled"], monkeypatch, 1_000)
    pd.testing.assert_frame_equal(other[NUMBERS], first[NUMBERS])
