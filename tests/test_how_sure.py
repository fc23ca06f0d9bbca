"""The sections of the robustness notebook say what the runs found."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from assess.records import AssessError
from assess.report import charts, how_sure
from assess.robustness.choices import Choices
from assess.synth import write_organisation
from assess.words import Words

EN, CY = Words("en"), Words("cy")
CHOICES = Choices(goalposts=0.2, leave_out=True, chance=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("field")
    for name, seed in (("excellent", 1), ("worker_coop", 1), ("worker_coop", 2)):
        write_organisation(name, folder / f"{name}-{seed}", seed=seed)
    return folder


@pytest.fixture(scope="module")
def compared(folder):
    found = how_sure.gather(folder, period="2025", choices=CHOICES)
    twin = found.assessments[-1]
    organisation = twin.organisation.model_copy(update={"id": "twin", "name": "Twin"})
    records = replace(twin.records, organisation=organisation)
    twin = replace(twin, records=records)
    return replace(found, assessments=(*found.assessments[:-1], twin))


def shown(section):
    return section._repr_mimebundle_()[0]["text/plain"]


def test_it_says_how_many_and_how_often(compared):
    opening = how_sure.opening(compared, EN)
    assert "3 organisations, scored 10,000 times" in shown(opening)
    assert opening.about["lang"] == "en"


def test_a_copy_to_publish_is_refused(compared):
    with pytest.raises(AssessError, match="mode 'publish'"):
        how_sure.opening(compared, EN, "publish")


def test_one_organisation_is_not_a_comparison(tmp_path):
    write_organisation("almost_no_records", tmp_path / "one", seed=1)
    with pytest.raises(AssessError, match="1 organisations there"):
        how_sure.gather(tmp_path)


def test_each_factor_is_listed_with_the_points_it_moves(compared):
    text = shown(how_sure.moved(compared, EN))
    for name in ("Goalposts", "One indicator left out", "Chance"):
        assert name in text
    assert "Weights" not in text


def test_every_principle_has_its_places(compared):
    page = how_sure.ranks(compared, EN).markup
    assert page.count("<figure>") == 7
    assert page.count("<h3>") == 7


def test_twins_are_listed_as_not_told_apart(compared):
    page = how_sure.pairs(compared, EN).markup
    (group,) = re.findall("<li>(.*?)</li>", page)
    assert "Twin" in group
    assert "Penllusern" not in group


def test_what_makes_scores_move_is_drawn_and_tabled(compared):
    page = how_sure.spread(compared, EN).markup
    assert page.count("<figure>") == 1
    assert "Twin" in page


def test_each_organisation_has_its_steps(compared):
    page = how_sure.steps(compared, EN).markup
    assert page.count('<th scope="row">') == 3 * how_sure.MOST_STEPS


def test_too_few_to_compare_forms_of_governance_is_said_with_the_limits(compared):
    text = shown(how_sure.models(compared, EN))
    assert "Each side needs 5." in text
    assert "Any of these could lie behind a difference." in text


def test_it_speaks_welsh(compared):
    assert "Pa mor sicr" in shown(how_sure.opening(compared, CY))
    assert "Pyst gôl" in shown(how_sure.moved(compared, CY))


def test_bars_show_what_is_done_alone_within_what_is_done_in_all():
    """An index alone may come out a little under 0, or over its total, by chance."""
    shares = pd.DataFrame(
        {"name": ["Chance", "Weights"], "alone": [-0.4, 61], "together": [20, 60]}
    )
    figure = charts.drivers(shares, EN, title="Title", caption="Caption")
    assert figure.table.to_numpy().tolist() == [["Weights", "61%", "61%"], ["Chance", "0%", "20%"]]
    assert "Most: Weights, 61% in all." in figure.alt
