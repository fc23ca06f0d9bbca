"""The validity kit: agreement by hand, known answers, and what many organisations show."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from assess.bundle.validity import (
    agreement,
    component_shares,
    correlation,
    correlations,
    draw_to_code,
    effective_weights,
    item_statistics,
    judged_columns,
    known_answers,
    overlap,
    read_coding,
    wide,
)
from assess.cli import main
from assess.framework import load_framework
from assess.records import AssessError
from assess.validate import read_records

DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "gofal-elwedd"


def codings(pairs, column="major"):
    """Two codings from (first, second, how often)."""
    cells = [(a, b) for a, b, times in pairs for _ in range(times)]
    index = [f"D{place}" for place in range(len(cells))]
    first, second = zip(*cells, strict=True)
    return pd.DataFrame({column: first}, index), pd.DataFrame({column: second}, index)


# Agreement


def test_kappa_as_worked_by_hand():
    """35 of 50 alike, 0.7. First says yes 25 times of 50, second 30: expected .5·.6 + .5·.4 = .5.

    Kappa (.7 - .5) / (1 - .5) = .4.
    """
    table = agreement(
        *codings([("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)])
    )
    row = table.loc["major"]
    assert row["n"] == 50
    assert row["agreed"] == pytest.approx(0.7)
    assert row["kappa"] == pytest.approx(0.4)


def test_the_range_of_kappa_is_wilson_s_range_of_agreement():
    """10 of 10 alike, half yes. Wilson's 90% range of 10/10 begins at 10 / (10 + z²) with
    z² = 2.7055: .78706. Expected .5, so kappa begins at (.78706 - .5) / .5 = .57412 and ends at 1.
    """
    row = agreement(*codings([("yes", "yes", 5), ("no", "no", 5)])).loc["major"]
    assert row["kappa"] == 1
    assert row["low"] == pytest.approx(0.57412, abs=1e-4)
    assert row["high"] == pytest.approx(1)


def test_coders_who_agree_less_than_chance_have_a_kappa_below_0():
    """Never alike, both half yes: (0 - .5) / .5 = -1."""
    row = agreement(*codings([("yes", "no", 5), ("no", "yes", 5)])).loc["major"]
    assert row["kappa"] == -1


def test_kappa_says_nothing_where_nobody_varies():
    """All yes: agreement is whole, and so is what chance gives."""
    row = agreement(*codings([("yes", "yes", 10)])).loc["major"]
    assert row["agreed"] == 1
    assert np.isnan(row["kappa"])


def test_decisions_that_one_coder_left_out_do_not_count():
    first, second = codings([("yes", "yes", 4), ("no", "no", 4), ("no", None, 2)])
    assert agreement(first, second).loc["major", "n"] == 8


def test_a_column_nobody_coded_has_an_n_of_0():
    first, second = codings([("yes", None, 3)])
    row = agreement(first, second).loc["major"]
    assert row["n"] == 0
    assert np.isnan(row["agreed"])


# The sample


@pytest.fixture(scope="module")
def records():
    return read_records(SAMPLE)


def test_the_same_seed_draws_the_same_decisions_whatever_their_order(records):
    sample = draw_to_code(records, n=10, seed=4)
    upside_down = {**records.tables, "decisions": records.tables["decisions"].iloc[::-1]}
    again = draw_to_code(type(records)(**{**vars(records), "tables": upside_down}), n=10, seed=4)
    assert sample.first.equals(again.first)
    other = draw_to_code(records, n=10, seed=5)
    assert len(sample.first) == len(other.first) == 10
    assert not sample.first.index.equals(other.first.index)


def test_the_sheet_for_the_second_coder_says_nothing_of_the_first_s_codes(records):
    sample = draw_to_code(records, n=10)
    judged = judged_columns(load_framework())
    assert len(judged) > 10
    assert sample.sheet[judged].eq("").to_numpy().all()
    assert set(sample.sheet.columns) - set(judged) == {"day", "body"}
    assert sample.first.notna().to_numpy().all()
    assert set(sample.first["major"]) <= {"yes", "no", "blank"}
    assert set(sample.first["reasons_ref"]) <= {"recorded", "blank"}


def test_a_sheet_filled_in_as_the_records_say_agrees_whole(records, tmp_path):
    sample = draw_to_code(records, n=20)
    filled = sample.sheet.assign(**{column: sample.first[column] for column in sample.first})
    filled.to_csv(tmp_path / "sheet.csv")
    table = agreement(sample.first, read_coding(tmp_path / "sheet.csv", sample))
    assert (table["n"] == 20).all()
    assert (table["agreed"] == 1).all()
    assert len(table) == len(sample.first.columns)


def test_a_sheet_of_another_sample_is_refused(records, tmp_path):
    sample, other = draw_to_code(records, n=5, seed=1), draw_to_code(records, n=5, seed=2)
    other.sheet.to_csv(tmp_path / "sheet.csv")
    with pytest.raises(AssessError, match="not in the sample"):
        read_coding(tmp_path / "sheet.csv", sample)


def test_more_decisions_than_there_are_cannot_be_drawn(records):
    with pytest.raises(AssessError, match="fewer than the 100000 asked for"):
        draw_to_code(records, n=100_000)


# From the command line


def said(*arguments):
    result = CliRunner().invoke(main, ["validity", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def drawn(records, tmp_path):
    """A folder with a sheet of ten decisions, and the codes that the records hold of them."""
    code, told = said("draw", SAMPLE, tmp_path, "-n", "10", "--seed", "4")
    assert code == 0, told
    return tmp_path, draw_to_code(records, n=10, seed=4).first


def fill(folder, name, codes):
    """The sheet of a coder who writes these codes."""
    sheet = pd.read_csv(folder / "coding.csv", dtype="str").set_index("decision_id")
    sheet.assign(**{column: codes[column] for column in codes}).to_csv(folder / name)
    return folder / name


def row_of(told, column):
    [line] = [line for line in told.splitlines() if line.startswith(f"{column} ")]
    return line.split()[1:]


def test_what_is_drawn_to_be_coded_holds_nobody_s_codes(drawn):
    folder, first = drawn
    sheet = pd.read_csv(folder / "coding.csv", dtype="str").set_index("decision_id")
    assert sheet.index.tolist() == first.index.tolist()
    assert sheet[first.columns].isna().to_numpy().all()
    words = pd.read_csv(folder / "coding_words.csv").set_index("column")["words"]
    assert words["major"] == "yes, no, blank"
    assert words["reasons_ref"] == "recorded, blank"
    assert set(words.index) == set(first.columns)


def test_a_coder_is_held_against_the_records(drawn):
    """Ten decisions coded as they are recorded but for one: 0.9 of them alike."""
    folder, first = drawn
    codes = first.copy()
    codes.loc[codes.index[0], "major"] = {"yes": "no", "no": "yes"}.get(codes["major"].iloc[0])
    code, told = said("agree", SAMPLE, fill(folder, "second.csv", codes))
    assert code == 0
    assert row_of(told, "major")[:2] == ["10", "0.9"]
    assert row_of(told, "spend")[:2] == ["10", "1.0"]


def test_two_coders_are_held_against_each_other(drawn):
    """One says yes of the first five, the other of the first six: 9 of 10 alike.

    By chance .5 × .6 + .5 × .4 = .5, so kappa is (.9 - .5) / .5 = .8.
    """
    folder, first = drawn
    codes = [first.assign(major=["yes"] * n + ["no"] * (10 - n)) for n in (5, 6)]
    sheets = [fill(folder, f"{n}.csv", each) for n, each in enumerate(codes)]
    _, told = said("agree", SAMPLE, *sheets)
    assert row_of(told, "major")[:3] == ["10", "0.9", "0.8"]


@pytest.mark.parametrize(
    ("column", "word"), [("major", "perhaps"), ("reasons_ref", "minute 12"), ("outcome", "yes")]
)
def test_a_word_that_no_coder_can_mean_is_refused_by_its_place(drawn, column, word):
    folder, first = drawn
    codes = first.copy()
    codes.loc[codes.index[3], column] = word
    code, told = said("agree", SAMPLE, fill(folder, "second.csv", codes))
    assert code == 2
    assert f"second.csv: {column} of {first.index[3]}" in told
    assert "perhaps" not in told
    assert "minute 12" not in told


def test_a_sheet_of_other_records_is_refused(drawn):
    folder, _ = drawn
    code, told = said("agree", DATA / "clwb-rhosycwsg", folder / "coding.csv")
    assert code == 2
    assert "10 of its decisions are not in these records" in told


def test_no_sheet_is_written_over_another(drawn):
    folder, _ = drawn
    assert said("draw", SAMPLE, folder)[0] == 2


def test_a_study_of_results_writes_its_tables(tmp_path):
    """Two organisations: no correlation from two, and no factor analysis."""
    scores = pd.DataFrame(
        [
            ("b", "indicator", "1.1a", 20.0),
            ("b", "principle", "1", 20.0),
            ("c", "indicator", "1.1a", 60.0),
            ("c", "principle", "1", 60.0),
        ],
        columns=["organisation", "level", "id", "score"],
    ).assign(period="2025")
    for organisation, rows in scores.groupby("organisation"):
        place = tmp_path / "results" / organisation / "2025"
        place.mkdir(parents=True)
        rows.to_csv(place / "scores.csv", index=False)
    code, told = said("study", tmp_path / "results", "--out", tmp_path / "out")
    assert code == 0, told
    assert told.startswith("2 assessments: items.csv, correlations.csv, weights.csv, overlap.csv")
    assert "No factor analysis" in told
    items = pd.read_csv(tmp_path / "out" / "items.csv", dtype={"id": "str"}).set_index("id")
    assert items.loc["1.1a", ["n", "mean"]].tolist() == [2, 40]


def test_a_folder_without_scores_is_said(tmp_path):
    code, told = said("study", tmp_path, "--out", tmp_path / "out")
    assert code == 2
    assert "holds no scores" in told


# Known answers


@pytest.mark.slow
def test_ranges_hold_the_true_rates_of_invented_organisations():
    """Some 300 shares. A share of 300 near .9 is itself uncertain by 3 of 100."""
    table = known_answers(12, seed=5)
    assert len(table) > 200
    assert table["held"].mean() > 0.85
    assert (table["value"] - table["truth"]).abs().mean() < 12
    assert abs((table["value"] - table["truth"]).mean()) < 2


def test_known_answers_come_from_what_was_set_not_from_what_was_measured():
    """The first character is the care co-op; its records were made with these very rates."""
    from assess.synth import characters

    table = known_answers(1, seed=3)
    care = next(iter(characters().values()))
    row = table.set_index("id").loc["4.1b"]
    assert row["truth"] == pytest.approx(100 * care.rates["decisions_published"])
    assert row["value"] != row["truth"]


# Many organisations


def table_of(**columns):
    return pd.DataFrame(columns).rename(columns=lambda name: name[1:].replace("_", "."))


def test_item_statistics_by_hand():
    """Scores 0, 50, 100: mean 50, sd 50, a third at each end; with the other, 10, 20, 30: r 1."""
    row = item_statistics(table_of(i1_1a=[0, 50, 100], i1_1b=[10, 20, 30])).loc["1.1a"]
    assert (row["n"], row["mean"], row["sd"]) == (3, 50, 50)
    assert (row["floor"], row["top"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (row["with_rest"], row["with_rest_n"]) == (pytest.approx(1), 3)


def test_an_indicator_is_not_held_against_another_principle_s():
    row = item_statistics(table_of(i1_1a=[0, 50, 100], i2_1a=[10, 20, 30])).loc["1.1a"]
    assert np.isnan(row["with_rest"])


def test_correlations_come_with_their_n():
    """1, 2, 3, 4 and 4, 3, 2, 1: r -1. The fifth organisation lacks one score."""
    pair = table_of(i1_1a=[1, 2, 3, 4, 9], i2_1a=[4, 3, 2, 1, np.nan])
    row = correlations(pair).iloc[0]
    assert (row["id"], row["other"], row["same_principle"]) == ("1.1a", "2.1a", False)
    assert row["r"] == pytest.approx(-1)
    assert row["n"] == 4


@pytest.mark.parametrize(
    "scores",
    [
        pytest.param(([1, 2], [1, 2]), id="two organisations"),
        pytest.param(([1, 2, 3], [5, 5, 5]), id="no variation"),
    ],
)
def test_no_correlation_where_there_is_nothing_to_correlate(scores):
    assert np.isnan(correlation(*map(pd.Series, scores))[0])


def test_no_factor_analysis_under_thirty_organisations():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.random((29, 3)), columns=["1.1a", "1.1b", "1.2a"])
    with pytest.raises(AssessError, match=r"29 organisations .* needs 30"):
        component_shares(table)


def test_two_indicators_that_say_the_same_are_one_component():
    """Of three columns two are the same and the third is unrelated: about 2/3, 1/3 and 0."""
    one = np.tile([0.0, 0.0, 1.0, 1.0], 10)
    other = np.tile([0.0, 1.0, 0.0, 1.0], 10)
    shares = component_shares(pd.DataFrame({"1.1a": one, "1.1b": one, "1.2a": other}))
    assert shares.tolist() == pytest.approx([2 / 3, 1 / 3, 0])


def test_effective_weights_add_up_and_a_constant_indicator_drives_nothing():
    """Principle 3: two supporting principles of three indicators, 1/6 each.

    Only 3.1a varies, so the principle is 1/6 of it and a constant: it drives all, the others
    nothing. 1/6 × cov(x, x/6) / var(x/6) = 1/6 × 6 = 1.
    """
    framework = load_framework()
    ids = [entry.id for entry in framework.indicators if entry.id[0] == "3"]
    indicators = pd.DataFrame(60.0, index=range(5), columns=ids).assign(**{"3.1a": range(5)})
    principles = pd.DataFrame({part.id: np.nan for part in framework.principles}, index=range(5))
    principles["3"] = indicators.mean(axis=1)
    table = effective_weights(indicators, principles, framework)
    assert table["nominal"].tolist() == pytest.approx([1 / 6] * 6)
    assert table["effective"].tolist() == pytest.approx([1, 0, 0, 0, 0, 0])
    assert (table["n"] == 5).all()


def test_overlap_names_the_columns_two_indicators_share():
    """1.3b needs major, options_considered and comparator_ref; 4.3a needs major and risk_ref.

    They share one of four.
    """
    table = overlap(load_framework())
    assert table["alike"].is_monotonic_decreasing
    row = table[(table["id"] == "1.3b") & (table["other"] == "4.3a")].iloc[0]
    assert row["shared"] == ("decisions.major",)
    assert row["alike"] == pytest.approx(1 / 4)
    assert table[(table["id"] == "1.3b") & (table["other"] == "6.2a")].empty


def test_wide_has_a_row_for_each_organisation_in_framework_order():
    scores = pd.DataFrame(
        {
            "organisation": ["b", "b", "b", "a", "a"],
            "period": ["2025"] * 5,
            "id": ["1.1b", "1.1a", "1", "1.1b", "1.1a"],
            "level": ["indicator", "indicator", "principle", "indicator", "indicator"],
            "score": [1.0, 2.0, 9.0, 3.0, np.nan],
        }
    )
    table = wide(scores)
    assert table.columns.tolist() == ["1.1b", "1.1a"]
    assert table.loc[("b", "2025")].tolist() == [1.0, 2.0]
    assert wide(scores, "principle").loc[("b", "2025"), "1"] == 9
