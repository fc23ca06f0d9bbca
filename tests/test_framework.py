import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typed

from assess import indicators  # noqa: F401  (its functions register themselves)
from assess.framework import SHIPPED, Applies, Indicator, check_functions, load_framework
from assess.observe import INDICATORS
from assess.records import AssessError, Records

SPECIFICATION = Path(__file__).parents[2] / "shared" / "framework.md"


@pytest.fixture(scope="module")
def framework():
    return load_framework()


# What the shipped framework holds


def test_the_framework_has_6_18_and_48(framework):
    """7 + 6 + 6 + 9 + 8 + 12 = 48 indicators; 3 + 3 + 2 + 3 + 3 + 4 = 18 supporting principles."""
    counts = [sum(len(part.indicators) for part in p.supporting) for p in framework.principles]
    assert counts == [7, 6, 6, 9, 8, 12]
    assert [len(p.supporting) for p in framework.principles] == [3, 3, 2, 3, 3, 4]
    assert len(framework.indicators) == 48
    assert len(framework.supporting_principles) == 18


def test_tier_a_has_25_indicators_and_tier_b_23(framework):
    assert Counter(entry.tier for entry in framework.indicators) == {"A": 25, "B": 23}


def test_every_supporting_principle_has_two_indicators_or_more(framework):
    thin = [part.id for part in framework.supporting_principles if len(part.indicators) < 2]
    assert framework.supporting_principles
    assert thin == []


def test_records_are_weak_evidence_for_three_supporting_principles(framework):
    """Cost data, lived values and the quality of relationships do not stand in minutes."""
    strength = {part.id: part.evidence_strength for part in framework.supporting_principles}
    assert [id for id, found in strength.items() if found == "weak"] == ["1.3", "3.1", "6.4"]
    assert Counter(strength.values()) == {"strong": 6, "partial": 9, "weak": 3}


def test_the_six_gates_and_nineteen_claims_are_there(framework):
    """5 + 2 + 3 + 3 + 3 + 3 = 19 claims."""
    assert [gate.id for gate in framework.gates] == ["G1", "G2", "G3", "G4", "G5", "G6"]
    by_principle = Counter(claim.principle for claim in framework.claims)
    assert by_principle == {"1": 5, "2": 2, "3": 3, "4": 3, "5": 3, "6": 3}


def test_each_claim_belongs_to_the_principle_its_id_begins_with(framework):
    assert framework.claims
    assert [c.id for c in framework.claims if not c.id.startswith(f"{c.principle}-")] == []


def test_claims_and_indicators_name_each_other(framework):
    """The seed of each indicator is the list of claims that rest on it, and no other."""
    from_claims = {(id, claim.id) for claim in framework.claims for id in claim.indicators}
    from_seeds = {(entry.id, id) for entry in framework.indicators for id in entry.seed}
    assert from_claims == from_seeds
    assert {claim for _, claim in from_claims} == {claim.id for claim in framework.claims}


def test_only_one_claim_is_about_how_people_act(framework):
    assert [claim.id for claim in framework.claims if claim.empirical] == ["1-iv"]


@pytest.mark.parametrize(
    ("id", "xp", "fp"),
    [
        pytest.param("1.1a", (50, 95), (0, 100), id="more is better"),
        pytest.param("1.2b", (183, 365), (100, 0), id="fewer days are better"),
        pytest.param("6.1a", (2, 20), (100, 0), id="a lower index is better"),
        pytest.param("6.2b", (0.3, 0.95), (0, 100), id="a ratio"),
        pytest.param("2.1b", (10, 40, 80, 100), (0, 100, 100, 0), id="a band"),
        pytest.param("6.1d", (0, 40, 90, 110), (0, 100, 100, 0), id="a band past all"),
    ],
)
def test_goalposts(framework, id, xp, fp):
    assert framework.indicator(id).goalposts == (xp, fp)


def test_accepting_everything_scores_half(framework):
    """100 lies halfway from 90, which scores 100, to 110, which scores 0."""
    assert np.interp(100, *framework.indicator("6.1d").goalposts) == 50


def test_every_goalpost_names_a_year_or_says_our_judgement(framework):
    unsaid = [
        entry.id
        for entry in framework.indicators
        if not re.search(r"\b(19|20)\d\d\b|our judgement", entry.goalpost_source)
    ]
    assert unsaid == []


def specified() -> dict[str, list[str]]:
    """The cells of the indicator tables of the specification, by id."""
    if not SPECIFICATION.exists():
        pytest.skip("the specification is not beside this checkout")
    rows = re.findall(r"^\| (\d\.\d[a-z]) \|(.*)\|$", SPECIFICATION.read_text("utf-8"), re.M)
    assert len(rows) == 48
    return {id: [cell.strip() for cell in rest.split("|")] for id, rest in rows}


def test_goalposts_are_those_of_the_specification(framework):
    """The fifth cell begins with worst→best, or with the four corners of a band."""
    differing = []
    for id, cells in specified().items():
        entry = framework.indicator(id)
        numbers = [float(x) for x in re.split("[→-]", re.match(r"[\d.→-]+", cells[4])[0])]
        ours = list(entry.band) if entry.band else [entry.worst, entry.best]
        if ours != numbers:
            differing.append((id, ours, numbers))
    assert differing == []


def test_tiers_minima_and_pooled_years_are_those_of_the_specification(framework):
    """Two minima are rules, not numbers: two reports or a year (1.2b), two groups (6.1b)."""
    differing = []
    for id, cells in specified().items():
        entry = framework.indicator(id)
        years = re.search(r"pool (\d) yrs", cells[5])
        minimum = float(re.search(r"\d+", cells[5])[0])
        tier_and_years = (cells[7], int(years[1]) if years else entry.years)
        if (entry.tier, entry.years) != tier_and_years:
            differing.append(id)
        if id not in ("1.2b", "6.1b") and entry.minimum != minimum:
            differing.append(id)
    assert differing == []


def printed_texts(framework) -> dict[str, str]:
    entries = [*framework.indicators, *framework.gates, *framework.claims]
    keys = (
        *("title", "definition", "rationale", "pitfalls", "missing", "cannot_show", "remedy"),
        *("rule", "text", "note"),
    )
    texts = {f"{entry.id} {key}": getattr(entry, key, "") for entry in entries for key in keys}
    return {place: text for place, text in texts.items() if text}


def test_printed_sentences_have_fewer_than_twenty_words(framework):
    texts = printed_texts(framework)
    long = {
        place: sentence
        for place, text in texts.items()
        for sentence in re.split(r"(?<=[.?;:]) ", text)
        if len(sentence.split()) >= 20
    }
    assert len(texts) > 300
    assert long == {}


def test_printed_texts_use_no_word_the_reports_leave_out(framework):
    banned = (
        r"\b(significant\w*|poor\w*|fails?|proves?|because|ranked|KPI|metric|entity|user rep)\b"
    )
    found = {place for place, text in printed_texts(framework).items() if re.search(banned, text)}
    assert found == set()


def test_an_indicator_is_found_by_id_and_by_name(framework):
    assert framework.indicator("4.1b") is framework.indicator("decisions_published")


def test_an_unknown_indicator_is_answered_with_a_near_one(framework):
    with pytest.raises(
        AssessError, match=r"no indicator 'decision_published'.*decisions_published"
    ):
        framework.indicator("decision_published")


def test_the_file_is_read_once_and_again_when_it_changes(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(SHIPPED.read_text("utf-8"), "utf-8")
    first = load_framework(path)
    assert load_framework(path) is first
    path.write_text(SHIPPED.read_text("utf-8").replace('"1.0"', '"1.1"'), "utf-8")
    assert load_framework(path).method_version == "1.1"


# What the reading refuses


def refused(tmp_path, *changes: tuple[str, str]) -> str:
    """The message on the shipped file with the first of each old text replaced by the new."""
    text = SHIPPED.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "own.yaml").write_text(text, "utf-8")
    with pytest.raises(AssessError) as caught:
        load_framework(tmp_path / "own.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "    title: Purpose and outcomes\n",
            "    title: Purpose\n    title: Outcomes\n",
            "principle 1, title is written twice; keep one of the two",
            id="a key twice",
        ),
        pytest.param(
            "            tier: B\n",
            "            tier: B\n            tiers: B\n",
            "indicator 1.1a, tiers is not a key this part may have; did you mean tier?",
            id="an unknown key",
        ),
        pytest.param(
            'id: "1.1"',
            "id: 1.1",
            "supporting principle 1.1, id is the number 1.1; put it in quotes",
            id="an id without quotes",
        ),
        pytest.param(
            'method_version: "1.0"',
            "method_version: 1.0",
            "method_version is the number 1.0; put it in quotes",
            id="a version without quotes",
        ),
        pytest.param(
            "            best: 95\n",
            "            best: 95\n            band: [0, 10, 20, 30]\n",
            "indicator 1.1a, band stands beside worst or best; keep the pair or the band",
            id="goalposts and a band",
        ),
        pytest.param(
            "            band: [10, 40, 80, 100]\n",
            "",
            "indicator 2.1b needs worst and best, or a band of four numbers",
            id="neither goalposts nor a band",
        ),
        pytest.param(
            "            worst: 50\n",
            "",
            "indicator 1.1a needs worst and best, or a band of four numbers",
            id="one goalpost alone",
        ),
        pytest.param(
            "worst: 50\n            best: 95",
            "worst: 95\n            best: 95",
            "indicator 1.1a, best is the same as worst; a score needs two different goalposts",
            id="two equal goalposts",
        ),
        pytest.param(
            "[10, 40, 80, 100]",
            "[10, 80, 40, 100]",
            "indicator 2.1b, band must rise from left to right",
            id="a band that falls back",
        ),
        pytest.param(
            "decisions.objective_ref]",
            "decisions.objectiv_ref]",
            "indicator 1.1a, needs names 'decisions.objectiv_ref', a column the contract of "
            "decisions does not have; did you mean decisions.objective_ref?",
            id="a column no contract has",
        ),
        pytest.param(
            "decisions.objective_ref]",
            "decision.objective_ref]",
            "indicator 1.1a, needs names the table 'decision', which no contract has; "
            "did you mean decisions?",
            id="a table no contract has",
        ),
        pytest.param(
            "            needs: [decisions.body, decisions.objective_ref]\n",
            "",
            "indicator 1.1a, needs is missing; name the columns it cannot be observed without",
            id="no column at all",
        ),
        pytest.param(
            "{decisions: review_due}",
            "{decisions: held_on}",
            "indicator 1.1b, dated_by, decisions names 'decisions.held_on'",
            id="dated by a column the table does not have",
        ),
        pytest.param(
            'id: "1.1b"',
            'id: "1.1a"',
            "indicator 1.1a, id '1.1a' is used twice; each needs its own",
            id="an id twice",
        ),
        pytest.param(
            "name: outcomes_reviewed",
            "name: objectives_recorded",
            "indicator 1.1b, name 'objectives_recorded' is used twice; each needs its own",
            id="a name twice",
        ),
        pytest.param(
            'id: "1.1b"',
            'id: "1.2z"',
            "indicator 1.2z, id '1.2z' does not begin with '1.1'",
            id="an indicator under another's supporting principle",
        ),
        pytest.param(
            'unit: "%"',
            "unit: percent",
            "indicator 1.1a, unit is 'percent'; it must be one of",
            id="a unit not known",
        ),
        pytest.param(
            "minimum: 20",
            "minimum: twenty",
            "indicator 1.1a, minimum is 'twenty'; it must be a number",
            id="a number in words",
        ),
        pytest.param(
            "counts: board decisions",
            "counts:",
            "indicator 1.1a, counts is empty; fill it in or take the key out",
            id="a key without a value",
        ),
        pytest.param(
            "            counts: board decisions\n",
            "",
            "indicator 1.1a, counts is missing; add it",
            id="a key left out",
        ),
        pytest.param(
            'seed: ["1-i"]',
            'seed: ["1-i", "1-ii"]',
            "indicator 1.1a, seed names 1-ii, a claim whose indicators leave out 1.1a",
            id="a seed its claim does not know",
        ),
        pytest.param(
            'indicators: ["1.1a", "1.2a", "1.2b"]',
            'indicators: ["1.1a", "1.1b", "1.2a", "1.2b"]',
            "claim 1-i, indicators names 1.1b, whose seed does not name 1-i",
            id="a claim its indicator does not know",
        ),
        pytest.param(
            "all_of: [charitable]",
            "all_of: [kind]",
            "claim 1-i, constitution, all_of is 'kind'; it must be one of 'charitable', ",
            id="a fact nobody can look up",
        ),
        pytest.param(
            "gates: [G4]",
            "gates: [G7]",
            "claim 6-ii, gates names G7, which is no gate",
            id="a gate that is none",
        ),
    ],
)
def test_a_fault_is_refused_in_plain_words(tmp_path, old, new, message):
    assert message in refused(tmp_path, (old, new))


def test_all_faults_are_told_at_once_each_with_its_line(tmp_path):
    message = refused(
        tmp_path,
        ("    title: Purpose and outcomes\n", "    title: A\n    title: B\n"),
        ("            worst: 50\n", ""),
        ("review_due, decisions", "review_duo, decisions"),
    )
    lines = message.splitlines()
    assert lines[0] == "3 problems in the framework file own.yaml:"
    own = (tmp_path / "own.yaml").read_text("utf-8").splitlines()
    numbers = [int(re.match(r"  line (\d+): ", line)[1]) for line in lines[1:]]
    assert [own[n - 1].strip() for n in numbers] == [
        "title: B",
        '- id: "1.1a"',
        "needs: [decisions.review_duo, decisions.reviewed_on]",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "principles is missing; add it", id="an empty file"),
        pytest.param("- 1\n", "the file is [1]; it must be keys with values", id="a list"),
        pytest.param("a: [", "own.yaml, line 2: ", id="a bracket left open"),
        pytest.param("principles: 3", "principles is 3; it must be a list", id="no list"),
    ],
)
def test_a_file_that_is_no_framework_is_refused(tmp_path, text, message):
    (tmp_path / "own.yaml").write_text(text, "utf-8")
    with pytest.raises(AssessError, match=re.escape(message)):
        load_framework(tmp_path / "own.yaml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AssessError, match=r"own\.yaml cannot be read: No such file"):
        load_framework(tmp_path / "own.yaml")


def test_a_file_in_another_coding_is_refused(tmp_path):
    (tmp_path / "own.yaml").write_bytes("title: dŵr".encode("utf-16"))
    with pytest.raises(AssessError, match="is not UTF-8; save it as that"):
        load_framework(tmp_path / "own.yaml")


def test_no_and_times_stay_text(tmp_path):
    """Plain YAML readers turn `no` into False and 12:30 into 750."""
    text = SHIPPED.read_text("utf-8").replace("citation: >-", "citation: no\nold: >-", 1)
    text = text.replace("old: >-", "title: 12:30\nold: >-", 1)
    (tmp_path / "own.yaml").write_text(re.sub(r"\nold: >-\n(  .*\n)+", "\n", text), "utf-8")
    text = (tmp_path / "own.yaml").read_text("utf-8")
    first = text.replace("title: The six principles of good governance\n", "", 1)
    (tmp_path / "own.yaml").write_text(first, "utf-8")
    framework = load_framework(tmp_path / "own.yaml")
    assert (framework.citation, framework.title) == ("no", "12:30")


# Entries and functions


def test_every_entry_has_its_function_and_every_function_its_entry(framework):
    check_functions(framework, INDICATORS)
    assert set(INDICATORS) == {entry.name for entry in framework.indicators}


def test_a_missing_function_is_told_with_the_lines_to_write(framework):
    without = {name: f for name, f in INDICATORS.items() if name != "decisions_published"}
    with pytest.raises(AssessError) as caught:
        check_functions(framework, without)
    assert "defines the indicator 'decisions_published' (4.1b)" in str(caught.value)
    stub = "    @indicator\n    def decisions_published(decisions, *, within_working_days)"
    assert f"{stub} -> Observed:\n" in str(caught.value)


def test_parameters_must_be_the_same_in_entry_and_function(framework):
    """4.1b gives within_working_days; this function asks for within_days, and for no table."""

    def decisions_published(resolutions, *, within_days): ...

    with pytest.raises(AssessError) as caught:
        check_functions(framework, INDICATORS | {"decisions_published": decisions_published})
    told = str(caught.value).splitlines()
    assert len(told) == 3
    assert "its entry gives the parameter 'within_working_days', which its function" in told[0]
    assert "its function asks for 'within_days', which its entry does not give" in told[1]
    assert "its function takes 'resolutions', which is no table" in told[2]


# Whom an indicator is about, and what it needs


STAFF = {"staff": {"title": "Staff", "kind": "staff"}}
USERS = {"supported": {"title": "People supported", "kind": "users"}}


@pytest.mark.parametrize(
    ("applies", "stated", "obstacle"),
    [
        pytest.param({}, {}, "", id="asks for nothing"),
        pytest.param({"body": "council"}, {}, "no body", id="no council"),
        pytest.param(
            {"body": "council"}, {"bodies": {"council": {"title": "C"}}}, "", id="council"
        ),
        pytest.param({"category_kind": "users"}, {"member_categories": STAFF}, "no category"),
        pytest.param({"category_kind": "users"}, {"member_categories": USERS}, ""),
        pytest.param(
            {"categories": 2}, {"member_categories": STAFF}, "no category", id="one group"
        ),
        pytest.param({"categories": 2}, {"member_categories": STAFF | USERS}, "", id="two groups"),
        pytest.param({"elections": True}, {}, "", id="nobody says who appoints"),
        pytest.param(
            {"elections": True},
            {"bodies": {"board": {"title": "B", "appointed_by": "board"}}},
            "no elections",
            id="the board appoints itself",
        ),
        pytest.param(
            {"elections": True},
            {
                "bodies": {
                    "board": {"title": "B", "appointed_by": "owner"},
                    "committee": {"title": "Owner's committee"},
                }
            },
            "no elections",
            id="who fills a committee need not be stated",
        ),
        pytest.param(
            {"elections": True},
            {
                "bodies": {
                    "board": {"title": "B", "appointed_by": "council"},
                    "council": {"title": "C", "appointed_by": "members"},
                }
            },
            "",
            id="members elect the council",
        ),
    ],
)
def test_obstacle(applies, stated, obstacle):
    assert Applies(**applies).obstacle(typed.organisation(**stated)) == obstacle


def entry(**changes) -> Indicator:
    shipped = load_framework().indicator("3.2a")
    return shipped.model_copy(update=changes)


def holding(given: dict[str, list[str]], kinds: Sequence[str] = ()) -> Records:
    """Records in which just the columns of `given` hold something."""
    whole = typed.records(development=typed.each("development", "kind", list(kinds)))
    return replace(whole, given={name: frozenset(given.get(name, ())) for name in whole.tables})


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        pytest.param({"roles": ["body"], "development": ["kind", "done_on"]}, (), id="all there"),
        pytest.param(
            {"development": ["kind"]},
            ("roles.body", "development.done_on"),
            id="a whole table and a column",
        ),
    ],
)
def test_missing_columns(given, missing):
    """3.2a needs roles.body, development.kind and development.done_on."""
    assert entry().missing_columns(holding(given)) == missing


@pytest.mark.parametrize(
    ("kinds", "lacking"),
    [
        pytest.param(["training", "declaration"], False, id="one declaration is listed"),
        pytest.param(["training"], True, id="training alone: declarations are not kept here"),
        pytest.param([], True, id="nothing is listed"),
    ],
)
def test_a_kind_of_row_that_is_never_listed_is_not_kept(kinds, lacking):
    """3.2a needs a declaration somewhere in development.kind."""
    assert entry().lacks_rows(holding({"development": ["kind"]}, kinds)) is lacking


def test_one_of_several_columns_is_enough():
    either = entry(
        needs=(), needs_rows={}, needs_one_of=("meetings.open_to_members", "meetings.papers_on")
    )
    assert either.missing_columns(holding({"meetings": ["papers_on"]})) == ()
    assert either.missing_columns(holding({"meetings": ["held_on"]})) == either.needs_one_of
