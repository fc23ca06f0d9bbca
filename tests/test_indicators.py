"""What must hold for each of the 48 indicators, whatever the records."""

import inspect
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typed import EVERYTHING_STATED, YEAR, organisation, random_table, records, table

from assess.framework import load_framework
from assess.measure import measure
from assess.observe import INDICATORS
from assess.offices import WORKED_OUT
from assess.schemas import CONTRACTS

FRAMEWORK = load_framework()
ENTRIES = pytest.mark.parametrize("entry", FRAMEWORK.indicators, ids=lambda entry: entry.name)


def observe(entry, tables, given_organisation):
    """The entry's function on whole tables."""
    function = INDICATORS[entry.name]
    given = tables | {"organisation": given_organisation, "period": YEAR}
    for name, work_out in WORKED_OUT.items():
        given[name] = work_out(*(given[each] for each in inspect.signature(work_out).parameters))
    names = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is not parameter.KEYWORD_ONLY
    ]
    return function(*(given[name] for name in names), **entry.parameters)


def only(entry):
    """A framework of one indicator."""
    return SimpleNamespace(indicators=(entry,), indicator=lambda id: entry)


def tables_of(rows, rng):
    tables = {name: random_table(name, rows, rng) for name in CONTRACTS}
    # Else there would hardly ever be four in five who say.
    tables["roles"]["gender"] = tables["roles"]["gender"].replace("prefer not to say", "woman")
    return tables


@cache
def many_rows():
    rng = np.random.default_rng(5)
    return tables_of(200, rng) | {"attendance": random_table("attendance", 5000, rng)}


def test_each_entry_has_its_function_and_each_function_its_entry():
    assert len(FRAMEWORK.indicators) == 48
    assert {entry.name for entry in FRAMEWORK.indicators} == set(INDICATORS)


@ENTRIES
def test_empty_tables_show_nothing(entry):
    """No row can count, and no number comes of it: 0 of 0, or of what the organisation lists."""
    empty = {name: table(name) for name in CONTRACTS}
    for given_organisation in (organisation(), EVERYTHING_STATED):
        seen = observe(entry, empty, given_organisation)
        assert not (seen.rows["hit"] > 0).any()
        assert np.isnan(seen.value)
        if seen.table != "organisation":
            assert seen.rows.empty


@ENTRIES
@pytest.mark.parametrize("rows", [1, 2])
def test_blank_rows_are_borne(entry, rows):
    """One or two rows with no cell filled in: nothing raises, nothing counts as done."""
    blank = {name: table(name, *[{}] * rows) for name in CONTRACTS}
    seen = observe(entry, blank, EVERYTHING_STATED)
    vacuous = {"formats_provided"}  # nobody asked, so everyone asked was served
    assert entry.name in vacuous or not (seen.rows["hit"] > 0).any()


@ENTRIES
def test_a_needed_column_that_is_empty_leaves_the_indicator_not_recorded(entry):
    """Each column it needs, blanked in turn in records that are otherwise full."""
    full = many_rows()
    for place in entry.needs:
        name, column = place.split(".")
        blanked = full[name].assign(**{column: full[name][column].mask(full[name][column].notna())})
        given_records = records(EVERYTHING_STATED, **(full | {name: blanked}))
        row = measure(given_records, only(entry), YEAR).table.loc[entry.id]
        assert row["state"] == "not recorded"
        assert place in row["missing_columns"]
        assert np.isnan(row["value"])


@ENTRIES
def test_marks_fit_their_table(entry):
    """Labels are rows of the table, each once; a hit is between 0 and what could count."""
    seen = observe(entry, many_rows(), EVERYTHING_STATED)
    assert seen.rows.index.is_unique
    if seen.table != "organisation":
        assert seen.rows.index.isin(many_rows()[seen.table].index).all()
    known = seen.rows[seen.rows["hit"].notna() & (seen.rows["of"] > 0)]
    assert len(known) > 0
    assert (known["hit"] >= 0).all()
    if entry.name not in ("election_turnout", "turnout_equity"):  # ballots are drawn at random
        assert (known["hit"] <= known["of"]).all()


def shuffled(tables, rng):
    return {name: rows.iloc[rng.permutation(len(rows))] for name, rows in tables.items()}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.sampled_from([1, 5, 40]))
@example(seed=1388, rows=40)  # rows of no meeting, added up in another order
@example(seed=703, rows=40)  # groups of no weight
def test_the_order_of_the_rows_changes_nothing(seed, rows):
    """Values, states, ranges and bounds alike, to the last digit."""
    rng = np.random.default_rng(seed)
    tables = tables_of(rows, rng)
    first = measure(records(EVERYTHING_STATED, **tables), FRAMEWORK, YEAR)
    again = measure(records(EVERYTHING_STATED, **shuffled(tables, rng)), FRAMEWORK, YEAR)
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
    for id, seen in first.observed.items():
        pd.testing.assert_frame_equal(
            seen.rows.sort_index(), again.observed[id].rows.sort_index(), check_dtype=False
        )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.sampled_from([1, 5, 40, 200]))
def test_values_lie_within_their_range_and_bounds(seed, rows):
    tables = tables_of(rows, np.random.default_rng(seed))
    tables["elections"] = tables["elections"].assign(ballots=0.0)
    measured = measure(records(EVERYTHING_STATED, **tables), FRAMEWORK, YEAR).table
    shown = measured[measured["value"].notna()]
    ranged = shown[shown["low"].notna()]
    tiny = 1e-9
    assert (ranged["low"] <= ranged["value"] + tiny).all()
    assert (ranged["value"] <= ranged["high"] + tiny).all()
    assert (shown["worst_value"] <= shown["value"] + tiny).all()
    assert (shown["value"] <= shown["best_value"] + tiny).all()
    percent = shown[shown["unit"] == "%"]
    assert not (percent[["value", "worst_value", "best_value"]] > 100 + tiny).any(axis=None)
