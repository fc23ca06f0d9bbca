"""Ranks of whole organisations whose character is known, from their records up."""

import numpy as np
import pytest

from assess.framework import load_framework
from assess.measure import measure
from assess.records import Period
from assess.robustness import robustness
from assess.robustness.choices import EVERYTHING
from assess.synth import write_organisation
from assess.validate import read_records

PARTS = ("1", "2", "3", "4", "5", "6", "profile")
CHARACTERS = {
    "excellent": ("excellent", 1),
    "almost no records": ("almost_no_records", 1),
    "first twin": ("worker_coop", 1),
    "second twin": ("worker_coop", 2),
    "captured": ("captured", 1),
}


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """Measures of five organisations; the twins are drawn twice from the same rates."""
    folder, standard, field = tmp_path_factory.mktemp("field"), load_framework(), {}
    for name, (character, seed) in CHARACTERS.items():
        records = read_records(write_organisation(character, folder / name, seed=seed))
        field[name] = measure(records, standard, Period.parse("2025"))
    return field


@pytest.fixture(scope="module")
def found(field):
    return robustness(field, load_framework(), runs=4000)


def test_the_excellent_is_above_the_almost_empty(field):
    """What is not recorded counts as not done. Left out, as usual, the empty one has no rank."""
    not_done = EVERYTHING.model_copy(update={"missing": ("worst",)})
    found = robustness(field, load_framework(), not_done, runs=1000)
    above = {part: found.above(part).loc["excellent", "almost no records"] for part in PARTS}
    assert min(above.values()) > 0.99, above


def test_the_almost_empty_has_no_rank(found):
    assert found.ranks.xs("almost no records", level="organisation").isna().all(axis=None)
    assert found.above("profile")["almost no records"].isna().all()


@pytest.mark.parametrize("part", PARTS)
def test_twins_cannot_be_told_apart(found, part):
    above = found.above(part).loc["first twin", "second twin"]
    assert 0.05 < above < 0.95
    assert any({"first twin", "second twin"} <= set(group) for group in found.groups(part))


def test_the_excellent_is_told_apart_from_the_captured(found):
    above = [found.above(part).loc["excellent", "captured"] for part in PARTS]
    assert np.mean(above) > 0.95
    assert found.groups("profile")[0] == ("excellent",)


def test_ranges_of_ranks_hold_the_rank(found):
    ranks = found.ranks.dropna()
    assert (ranks["low"] <= ranks["rank"]).all()
    assert (ranks["rank"] <= ranks["high"]).all()
