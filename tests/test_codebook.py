"""The codebook: every variable once, in both languages, with its codes and what empty means."""

import re

import pytest

from assess.bundle.codebook import codebook, codebook_page
from assess.bundle.data_package import result_tables
from assess.schemas import CONTRACTS, about_columns


@pytest.fixture(scope="module")
def rows():
    return codebook()


def test_every_variable_stands_once(rows):
    kept = sum(len(about_columns(table)) for table in CONTRACTS)
    worked_out = sum(len(about["columns"]) for about in result_tables().values())
    assert len(rows) == kept + worked_out
    assert not rows.duplicated(["table", "name"]).any()


def test_every_variable_has_a_label_in_both_languages_a_question_and_a_universe(rows):
    for column in ("label_en", "label_cy", "question_en", "universe_en", "type", "source"):
        empty = rows[rows[column].fillna("") == ""]
        assert empty["name"].tolist() == [], column


def test_a_choice_lists_every_code_with_its_label(rows):
    action = rows[(rows["table"] == "decisions") & (rows["name"] == "conflict_action")].iloc[0]
    assert action["codes_en"].split("; ")[0] == "withdrew = left the room"
    assert action["missing_en"] == "nothing recorded"


def test_the_reasons_why_a_number_is_missing_are_codes(rows):
    why = rows[(rows["table"] == "measures") & (rows["name"] == "why_missing")].iloc[0]
    named = re.findall(r"(?:^|; )([a-z ]+) =", why["codes_en"])
    assert named == ["not known", "too few", "not applicable", "withheld"]


@pytest.mark.parametrize("lang", ["en", "cy"])
def test_a_page_is_in_its_language_and_needs_no_network(rows, lang):
    page = codebook_page(rows, lang)
    assert f'<html lang="{lang}">' in page
    assert page.count("<table") == len(CONTRACTS) + len(result_tables())
    assert "http" not in page.replace("http-equiv", "")


def test_a_text_without_welsh_stands_in_english_and_says_so(rows):
    lacking = rows.copy()
    lacking.loc[0, "question_cy"] = ""
    before, after = (
        codebook_page(each, "cy").count('<span lang="en">') for each in (rows, lacking)
    )
    assert after == before + 1
    assert '<span lang="en">' not in codebook_page(lacking, "en")
