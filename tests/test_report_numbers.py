"""Every number in a report is recounted from the rows it rests on, for every sample."""

import csv
import re
import statistics
from collections import defaultdict
from dataclasses import replace
from html import unescape
from itertools import combinations, permutations
from pathlib import Path

import pandas as pd
import pytest
import yaml

from assess.assessment import Assessment, assess_records
from assess.report import sections, survey_page, voice_page
from assess.report.figure import Html
from assess.words import Words

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(path.name for path in DATA.iterdir() if path.is_dir())
EN = Words("en")


@pytest.fixture(scope="module", params=SAMPLES)
def assessment(request) -> Assessment:
    return assess_records(DATA / request.param)


def cells(piece: Html, kind: str) -> list[list[str]]:
    """The text of every row of the tables of one kind."""
    tables = re.findall(rf'<table class="{kind}">.*?</table>', str(piece.markup), re.DOTALL)
    rows = [row for table in tables for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub("<[^>]+>", "", cell)) for cell in row] for row in found]


def whole(number: float) -> str:
    return f"{number:.0f}"


def recount(rows: pd.DataFrame) -> tuple[float, float]:
    """Hits and what could be hit, over the rows whose answer is known."""
    known = rows[rows["hit"].notna()]
    return float(known["hit"].sum()), float(known["of"].sum())


def test_results_are_what_their_source_rows_say(assessment):
    lines = [line for line in cells(sections.by_principle(assessment, EN), "results") if line]
    results = {line[0].split()[0]: line for line in lines if re.match(r"\d\.\d[a-z] ", line[0])}
    assert len(results) == 48
    wrong, shares = [], 0
    for key, (_, result, _, _, records) in results.items():
        seen = assessment.measures.observed.get(key)
        if seen is None or assessment.measures.table.loc[key, "state"] == "suppressed":
            assert records.split()[0] == "–", key
            continue
        rows = assessment.trace(key)
        known = int(rows["hit"].notna().sum())
        unknown = len(rows) - known
        expected = whole(known) if known else "–"
        expected += f" ({unknown} not known)" if unknown else ""
        if records != expected:
            wrong.append((key, records, expected))
        hits, of = recount(rows)
        printed = re.search(r"^(\d+)% \((\d+) of (\d+) ", result)
        if printed:
            shares += 1
            if printed.groups() != (whole(100 * hits / of), whole(hits), whole(of)):
                wrong.append((key, result, hits, of))
        ratio = re.search(r"lowest group (\d+)%, highest group (\d+)%", result)
        if ratio:
            groups = [recount(part) for _, part in rows.groupby("group")]
            ends = sorted(100 * hit / n for hit, n in groups if n)
            if ratio.groups() != (whole(ends[0]), whole(ends[-1])):
                wrong.append((key, result, ends))
    assert wrong == []
    if assessment.principles["score"].notna().all():
        assert shares > 25


def test_who_took_part_is_counted_from_the_same_rows(assessment):
    titles = {g.title: code for code, g in assessment.organisation.member_categories.items()}
    wrong = []
    for key, counted in (("3.1c", "Attendances"), ("6.2b", "Votes")):
        shown = assessment.groups.get(key)
        if shown is None:
            continue
        page = str(sections.who_took_part(assessment, EN).markup)
        part = page.partition(f'<th scope="col">{counted}</th>')[2].partition("</table>")[0]
        lines = re.findall(r'<th scope="row">([^<]*)</th><td[^>]*>(\d+) of (\d+)</td>', part)
        rows = assessment.trace(key)
        for title, hits, of in lines:
            expected = recount(rows[rows["group"] == titles[unescape(title)]])
            if (float(hits), float(of)) != expected:
                wrong.append((key, title, hits, of, expected))
    assert wrong == []


def test_scores_printed_are_those_of_the_table(assessment):
    card = str(sections.in_short(assessment, EN).markup)
    table = re.search(r"<table.*?</table>", card, re.DOTALL)[0]
    lines = re.findall(r'<th scope="row">(\d) .*?</th><td[^>]*>(.*?)</td>', table)
    scores = assessment.principles["score"]
    assert len(lines) == 6
    for key, shown in lines:
        assert shown == ("not scored" if pd.isna(scores[key]) else whole(scores[key]))


def test_evidence_found_is_the_number_of_indicators_with_a_score(assessment):
    states = assessment.measures.table["state"]
    for key, row in assessment.principles.iterrows():
        own = states[states.index.str.startswith(f"{key}.")]
        assert row["found"] == (own == "scored").sum()
        assert row["needed"] == (own != "does not apply").sum()


# Power and voice, recounted from the files themselves


def written(assessment: Assessment, table: str) -> list[dict[str, str]]:
    path = DATA / assessment.organisation.id / f"{table}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def described(assessment: Assessment) -> dict:
    path = DATA / assessment.organisation.id / "organisation.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def seats_by_group(assessment: Assessment) -> dict[str, int]:
    """Council seats filled on the last day, by member group: each person's latest term."""
    day = f"{assessment.period.end:%Y-%m-%d}"
    latest: dict[str, tuple[str, str]] = {}
    for row in written(assessment, "roles"):
        running = row["start"] <= day and not (row["end"] and row["end"] < day)
        if row["body"] == "council" and running:
            latest[row["person_id"]] = max(
                latest.get(row["person_id"], ("", "")), (row["start"], row["seat_category"])
            )
    groups = [group for _, group in latest.values()]
    return {code: groups.count(code) for code in described(assessment).get("member_categories", ())}


def tipping(seats: dict[str, int], more_than: float) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of all swings (Banzhaf) and of all orders of joining (Shapley and Shubik), in %."""
    swings, pivots = dict.fromkeys(seats, 0), dict.fromkeys(seats, 0)
    for size in range(1, len(seats) + 1):
        for blocs in combinations(seats, size):
            for bloc in blocs:
                total = sum(seats[b] for b in blocs)
                swings[bloc] += total - seats[bloc] <= more_than < total
    for order in permutations(seats):
        total = 0
        for bloc in order:
            total += seats[bloc]
            if total > more_than:
                pivots[bloc] += 1
                break
    return tuple(
        {bloc: 100 * n / sum(counts.values()) for bloc, n in counts.items()}
        for counts in (swings, pivots)
    )


def test_seats_and_power_are_recounted_from_the_files(assessment):
    piece = voice_page.section(assessment, EN)
    lines = {line[0]: line[1:] for line in cells(piece, "plain")[1:]}
    seats = seats_by_group(assessment)
    if not lines:
        assert not sum(seats.values()) or len(seats) < 2
        return
    kinds = described(assessment)["member_categories"]
    council = described(assessment)["bodies"]["council"]
    quota = council.get("decision_share", 0.5) * sum(seats.values())
    banzhaf, shapley = tipping(seats, quota)
    day = f"{assessment.period.end:%Y-%m-%d}"
    members = dict.fromkeys(seats, 0)
    for row in written(assessment, "members"):
        if row["joined_on"] <= day and not (row.get("left_on") and row["left_on"] < day):
            members[row["category"]] += 1
    assert len(lines) == len(seats) > 1
    for code, kind in kinds.items():
        filled, share, declared, count, of_members, first, second = lines[kind["title"]]
        assert filled == str(seats[code])
        assert share == f"{100 * seats[code] / sum(seats.values()):.0f}%"
        assert declared == f"{100 * kind['declared_share']:.0f}%"
        if count != "–":
            assert count == str(members[code])
            assert of_members == f"{100 * members[code] / sum(members.values()):.0f}%"
        assert first == f"{banzhaf[code]:.0f}%"
        assert second == f"{shapley[code]:.0f}%"
    declared = {code: kind["declared_share"] for code, kind in kinds.items()}
    gaps = [
        100 * (seats[code] / sum(seats.values()) - declared[code] / sum(declared.values()))
        for code in seats
    ]
    text = str(piece.markup)
    assert f"{sum(map(abs, gaps)) / 2:.1f} of every 100 seats" in text
    assert f"Gallagher index is {(sum(gap**2 for gap in gaps) / 2) ** 0.5:.1f}" in text


# The survey, recounted from the file itself


def answers_by(assessment: Assessment) -> dict[tuple[str, str], list[str]]:
    """What was answered, by group and question, with blanks as empty text."""
    found = defaultdict(list)
    for row in written(assessment, "survey"):
        found[row["group"], row["item"]].append(row["answer"])
    return found


def numbers_of(given: list[str]) -> list[int]:
    return [int(answer) for answer in given if answer in "01234" and answer]


def test_who_answered_is_recounted_from_the_file(assessment):
    lines = cells(survey_page.section(assessment, EN), "plain")
    lines = [line for line in lines if len(line) == 6 and line[1].isdigit()]
    found = answers_by(assessment)
    people = defaultdict(set)
    for row in written(assessment, "survey"):
        people[row["group"]].add(row["respondent_id"])
    assert len(lines) == len([group for group in people if len(people[group]) >= 5])
    for group, replies, asked, answered, unsure, blank in lines:
        own = {item: given for (of, item), given in found.items() if of == group.lower()}
        enough = [given for given in own.values() if len(numbers_of(given)) >= 5]
        assert replies == str(len(people[group.lower()]))
        assert asked == str(len(own))
        assert answered == str(sum(len(numbers_of(given)) for given in enough))
        assert unsure == str(sum(given.count("dont know") for given in enough))
        assert blank == str(sum(given.count("") for given in enough))


def test_every_answer_is_recounted_from_the_file(assessment):
    lines = [line for line in cells(survey_page.section(assessment, EN), "answers") if line]
    found = answers_by(assessment)
    if found:
        assert len(lines) - 1 == len(found)
    for question, group, *counts, unsure, blank, middle, half, agreement in lines[1:]:
        given = found[group.lower(), question.split()[0]]
        numbers = numbers_of(given)
        if len(numbers) < 5:
            assert {*counts, unsure, blank} == {"held back"}
            continue
        assert counts == [str(numbers.count(n)) for n in range(5)]
        assert [unsure, blank] == [str(given.count("dont know")), str(given.count(""))]
        low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
        assert middle == f"{median:g}"
        assert half == f"{low:g} to {high:g}"
        # 2 is the spread of five answers picked at random: (25 - 1) / 12.
        assert agreement == f"{max(0, 1 - statistics.variance(numbers) / 2):.2f}"


def test_opinions_beside_records_are_recounted_from_the_file(assessment):
    """The mean of all answers on a principle, 4 being 100; where five or more answered."""
    lines = [line for line in cells(survey_page.section(assessment, EN), "plain") if line]
    heads = [line for line in lines if line[:2] == ["Principle", "Score from records"]]
    found = answers_by(assessment)
    assert bool(heads) == bool(found)
    seen = 0
    for line in lines:
        if not heads or len(line) != len(heads[0]) or not re.match(r"[1-6] ", line[0]):
            continue
        for group, shown in zip(heads[0][2:], line[2:], strict=True):
            answers = [
                number
                for (of, item), given in found.items()
                if of == group.lower() and item[0] == line[0][0] and len(numbers_of(given)) >= 5
                for number in numbers_of(given)
            ]
            assert shown == (f"{25 * statistics.mean(answers):.0f}" if answers else "–")
            seen += bool(answers)
    assert seen >= 12 * bool(found)


def test_the_widest_differences_are_recounted_from_the_file(assessment):
    lines = [line for line in cells(survey_page.section(assessment, EN), "asked") if line][1:]
    found = answers_by(assessment)
    medians = {
        key: statistics.median(numbers_of(given))
        for key, given in found.items()
        if len(numbers_of(given)) >= 5
    }
    for question, board, council in lines:
        item = question.split()[0]
        assert [board, council] == [f"{medians[g, item]:g}" for g in ("board", "council")]
    gaps = {
        item: abs(medians["board", item] - medians["council", item])
        for group, item in medians
        if group == "board" and ("council", item) in medians
    }
    shown = [gaps[line[0].split()[0]] for line in lines]
    assert shown == sorted((gap for gap in gaps.values() if gap >= 1), reverse=True)[:5]


def test_groups_that_are_all_held_back_are_a_sentence_and_no_empty_picture():
    shown = assess_records(DATA / "gofal-elwedd")
    columns = ["hits", "of", "share", "low", "high"]
    hidden = {
        key: shares.assign(**dict.fromkeys(columns, float("nan")))
        for key, shares in shown.groups.items()
    }
    page = str(sections.who_took_part(replace(shown, groups=hidden), EN).markup)
    assert "Held back to protect people" in page
    assert "<figure>" not in page
    assert "<figure>" in str(sections.who_took_part(shown, EN).markup)
