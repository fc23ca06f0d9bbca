"""A composite indicator of 51 countries computed by another program, reproduced by ours."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assess.score import aggregate, normalise

ASEM = Path(__file__).parents[2] / "shared" / "reference" / "asem"

pytestmark = pytest.mark.skipif(
    not ASEM.is_dir(), reason="the ASEM reference data is not beside this checkout"
)


def read(*parts):
    table = pd.read_csv(ASEM.joinpath(*parts), index_col=0)
    return table.astype(dict.fromkeys(table.select_dtypes("integer"), float))


def minmax(lowest, highest):
    """Goalposts at the smallest and largest value of each indicator, scored both ways round."""
    raw, direction = read("input", "raw_indicators.csv"), structure()["Direction"]
    ends = {code: (raw[code].min(), raw[code].max()) for code in raw}
    scores = {code: [lowest, highest][:: int(direction[code])] for code in raw}
    return {code: (ends[code], scores[code]) for code in raw}


def fixed():
    posts = read("input", "goalposts.csv")
    return {
        post.Index: ((post.low, post.high), [0, post.scale][:: int(post.Direction)])
        for post in posts.itertuples()
    }


def structure():
    return read("input", "iMeta.csv").reset_index().set_index("iCode")


def normalised(raw, goalposts):
    return raw.apply(lambda column: normalise(column, *goalposts[column.name]))


def aggregated(scores, how):
    """Pillars from indicators, sub-indices from pillars, the index from sub-indices."""
    meta, scores = structure(), scores.copy()
    for level in (2, 3, 4):
        for parent in meta.index[meta["Level"] == level]:
            children = meta.index[meta["Parent"] == parent]
            weights = meta.loc[children, "Weight"]
            scores[parent] = aggregate(scores[children], weights, how)
    return scores.drop(columns=meta.index[meta["Level"] == 1], errors="ignore")


CHAINS = [
    pytest.param("01_raw_minmax0-100_amean", lambda: minmax(0, 100), "arithmetic", id="01 min-max"),
    pytest.param(
        "03_raw_minmax1-100_gmean", lambda: minmax(1, 100), "geometric", id="03 geometric"
    ),
    pytest.param("14_raw_goalposts_amean", fixed, "arithmetic", id="14 fixed goalposts"),
]


@pytest.mark.parametrize(("chain", "goalposts", "how"), CHAINS)
def test_the_chain_is_reproduced(chain, goalposts, how):
    ours = normalised(read("input", "raw_indicators.csv"), goalposts())
    expected = read(chain, "normalised.csv")
    assert expected.isna().to_numpy().any(), "missing values are part of the check"
    pd.testing.assert_frame_equal(ours[expected.columns], expected, rtol=0, atol=1e-9)
    scores = read(chain, "scores.csv")
    assert len(scores.columns) == 8 + 2 + 1
    ours = aggregated(ours, how)[scores.columns]
    pd.testing.assert_frame_equal(ours, scores, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("chain", "goalposts", "how"), CHAINS)
def test_the_ranks_are_reproduced(chain, goalposts, how):
    ours = aggregated(normalised(read("input", "raw_indicators.csv"), goalposts()), how)
    ranks = read(chain, "ranks.csv")
    ours = ours[ranks.columns].round(9).rank(ascending=False, method="min")
    pd.testing.assert_frame_equal(ours, ranks)


def test_with_fixed_goalposts_no_score_depends_on_who_else_is_there():
    raw = read("input", "raw_indicators.csv")
    everyone = aggregated(normalised(raw, fixed()), "arithmetic")
    without = aggregated(normalised(raw.drop(index="AUS"), fixed()), "arithmetic")
    pd.testing.assert_frame_equal(without, everyone.drop(index="AUS"), check_exact=True)
    stranger = pd.concat([raw, 1000 * raw.iloc[[0]].rename(index={"AUS": "new"})])
    joined = aggregated(normalised(stranger, fixed()), "arithmetic")
    pd.testing.assert_frame_equal(joined.drop(index="new"), everyone, check_exact=True)


def test_a_country_without_any_value_has_no_score():
    raw = read("input", "raw_indicators.csv")
    raw.loc["AUS"] = np.nan
    scores = aggregated(normalised(raw, fixed()), "arithmetic")
    assert scores.loc["AUS"].isna().all()
    assert scores.drop(index="AUS").notna().all(axis=None)
