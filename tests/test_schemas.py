"""What every contract must say of itself: template, codebook and messages rest on it."""

import inspect

import pytest

from assess.load.raw import plain
from assess.schemas import CONTRACTS, schema_of
from assess.schemas.organisation import Body, MemberCategory, Organisation

COLUMNS = [
    (table, column, schema_of(table).columns[column])
    for table in CONTRACTS
    for column in schema_of(table).columns
]
KINDS = {"code", "text", "choice", "date", "yes_no", "number", "whole", "list"}


def offenders(is_wrong) -> list[str]:
    """Every column that `is_wrong`, by table and name."""
    assert len(COLUMNS) > 100
    return [f"{table}.{column}" for table, column, field in COLUMNS if is_wrong(field)]


def test_every_column_has_a_title_and_a_description():
    assert offenders(lambda field: not field.title or not field.description) == []


def test_every_description_is_a_sentence_or_a_question():
    assert offenders(lambda field: field.description[-1:] not in (".", "?")) == []


def test_a_column_says_what_a_blank_means_exactly_where_it_may_be_blank():
    assert offenders(lambda field: field.nullable != bool(field.metadata.get("blank"))) == []


def test_every_column_is_of_a_known_kind():
    assert offenders(lambda field: field.metadata["kind"] not in KINDS) == []


def test_no_column_is_coerced():
    """Coercion turns "no" into True and 45385 into 1970 without a word."""
    assert offenders(lambda field: field.coerce) == []


def test_every_choice_says_what_each_of_its_words_means():
    def is_wrong(field):
        chosen = field.metadata["kind"] in ("choice", "list")
        return chosen and not all(field.metadata.get("codes", {"": ""}).values())

    assert offenders(is_wrong) == []


def test_every_reference_names_a_column_that_identifies_or_exists():
    def is_wrong(field):
        table, _, column = field.metadata.get("refers_to", "members.member_id").partition(".")
        return column not in schema_of(table).columns

    assert offenders(is_wrong) == []


@pytest.mark.parametrize("table", CONTRACTS)
def test_a_contract_says_what_one_row_is_and_admits_no_other_column(table):
    schema = schema_of(table)
    assert inspect.getdoc(CONTRACTS[table]).startswith("One row is ")
    assert schema.title
    assert schema.strict
    assert not schema.coerce


@pytest.mark.parametrize("table", CONTRACTS)
def test_no_two_columns_answer_to_the_same_heading(table):
    """A heading may be the column's name or its title, whatever its case and spaces."""
    columns = schema_of(table).columns
    names = {plain(name): name for name in columns}
    titles = [plain(column.title) for column in columns.values()]
    taken = [
        title for name, title in zip(columns, titles, strict=True) if names.get(title, name) != name
    ]
    assert len(set(titles)) == len(titles)
    assert taken == []


@pytest.mark.parametrize("table", CONTRACTS)
def test_a_check_on_rows_begins_with_the_column_it_blames_and_ends_with_what_to_do(table):
    schema = schema_of(table)
    wrong = [
        check.error
        for check in schema.checks
        if check.error.split(" ")[0] not in schema.columns or "; " not in check.error
    ]
    assert wrong == []


@pytest.mark.parametrize("table", CONTRACTS)
def test_the_column_that_dates_a_table_exists(table):
    dated_by = CONTRACTS[table].get_metadata()[table]["dataframe"]["dated_by"]
    where, _, column = (dated_by or "members.member_id").rpartition(".")
    assert column in schema_of(where or table).columns


ORGANISATION_FIELDS = [
    (f"{model.__name__}.{name}", field)
    for model in (Organisation, Body, MemberCategory)
    for name, field in model.model_fields.items()
]


def test_everything_asked_of_an_organisation_has_a_title():
    assert len(ORGANISATION_FIELDS) > 30
    assert [name for name, field in ORGANISATION_FIELDS if not field.title] == []


def test_whatever_may_be_left_out_of_an_organisation_says_what_that_means():
    optional = [(name, field) for name, field in ORGANISATION_FIELDS if field.default is None]
    assert len(optional) > 10
    assert [name for name, field in optional if "Empty: " not in (field.description or "")] == []


def test_the_three_required_tables():
    required = [
        table
        for table, contract in CONTRACTS.items()
        if contract.get_metadata()[table]["dataframe"]["required"]
    ]
    assert required == ["members", "meetings", "decisions"]
