"""Records of other systems: what each export holds is what is written, and what is lost is said."""

import csv
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from assess.importers import import_records
from assess.importers.frictionless import pack
from assess.records import AssessError
from assess.validate import read_records

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT.parent / "shared" / "data" / "fixtures"


@pytest.fixture
def imported(tmp_path):
    """A function that imports a file given as text, and gives the folder and the report."""

    def imported(format: str, name: str, text: str, mapping: str = ""):
        source, folder = tmp_path / name, tmp_path / "records"
        source.write_text(text, encoding="utf-8")
        said = tmp_path / "said.yaml"
        said.write_text(mapping, encoding="utf-8")
        report = import_records(format, source, folder, mapping=said if mapping else None)
        return folder, report

    return imported


def real(format: str, name: str, tmp_path: Path):
    source = FIXTURES / name
    if not source.exists():
        pytest.skip(f"{name} is not beside this checkout")
    report = import_records(format, source, tmp_path / "records")
    return tmp_path / "records", report


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def votes(folder: Path) -> tuple[int, int, int]:
    totals = Counter()
    for row in rows(folder, "votes"):
        totals.update({key: int(row[key]) for key in ("votes_for", "votes_against", "abstained")})
    return totals["votes_for"], totals["votes_against"], totals["abstained"]


# Popolo -----------------------------------------------------------------------------------------

POPOLO = {
    "persons": [
        {"id": "p1", "name": "Ann Lee", "gender": "female", "email": "ann@example.org"},
        {"id": "p2", "name": "Bob Ray", "gender": "male"},
    ],
    "organizations": [{"id": "o1", "name": "Council"}, {"id": "g1", "name": "Reds"}],
    "memberships": [
        {"person_id": "p1", "organization_id": "o1", "on_behalf_of_id": "g1",
         "start_date": "2023-05-01", "end_date": "2024-04-30"},
        {"person_id": "p2", "organization_id": "o1"},
    ],
    "vote_events": [
        {"id": "v1", "start_date": "2024-02-01T19:00:00Z", "organization_id": "o1",
         "result": "pass", "motion": {"text": "Thank Ann Lee"},
         "counts": [{"option": "yes", "value": 1}, {"option": "no", "value": 1}],
         "votes": [{"voter_id": "p1", "option": "yes", "group_id": "g1"},
                   {"voter_id": "p2", "option": "no"}]},
        {"id": "v2", "result": "fail", "votes": [{"voter_id": "p2", "option": "no"}]},
    ],
}  # fmt: skip


def test_popolo_json_gives_terms_decisions_and_totals(imported):
    """One membership has a first day; one vote event has a day; its votes are 1 for, 1 against."""
    folder, report = imported("popolo", "popolo.json", json.dumps(POPOLO))
    (role,) = rows(folder, "roles")
    assert (role["start"], role["end"], role["gender"]) == ("2023-05-01", "2024-04-30", "woman")
    (decision,) = rows(folder, "decisions")
    assert (decision["decided_on"], decision["outcome"]) == ("2024-02-01", "carried")
    assert (decision["stated_for"], decision["vote_basis"]) == ("1", "named")
    assert votes(folder) == (1, 1, 0)
    lost = " ".join(report.lost)
    assert "memberships without the day they began, so no terms: 1" in lost
    assert "votes of a vote event without a day: 1" in lost
    written = "".join(path.read_text() for path in folder.iterdir())
    assert not [one for one in ("Ann", "Lee", "Bob", "example.org") if one in written]


def test_popolo_titles_are_kept_without_the_names_of_people(imported):
    folder, _ = imported("popolo", "popolo.json", json.dumps(POPOLO), "titles: keep\n")
    assert rows(folder, "decisions")[0]["title"] == "Thank … …"


def test_popolo_csv_of_prague_by_its_own_lines(tmp_path):
    """In votes.csv: 631 yes, 20 no, 89 abstain, 28 not voting, 12 absent; 11 pass, 1 fail."""
    folder, report = real("popolo", "popolo_csv", tmp_path)
    assert votes(folder) == (631, 20, 89)
    assert Counter(row["outcome"] for row in rows(folder, "decisions")) == {
        "carried": 11,
        "lost": 1,
    }
    assert "people noted as absent or not voting beside a vote: 40" in report.lost


# Loomio -----------------------------------------------------------------------------------------

LOOMIO_POLL = """\
poll
id,title,author_name,closed_at,undecided_voters_count,group_name,poll_type
7,Shall we thank Ann?,Ann Lee,2024-03-05 10:00:00 UTC,2,Makers,proposal

poll_options
id,poll_id,name,score,voter_count
1,7,Agree,2,2
2,7,Abstain,1,1
3,7,Disagree,1,1

votes
id,poll_id,voter_id,voter_name,reason,Agree,Abstain,Disagree
1,7,11,Ann Lee,Because,1,,
2,7,12,Bob Ray,,1,,
3,7,13,Cy Dent,,,1,
4,7,14,Di Fox,,,,1
"""


def test_a_loomio_poll_gives_one_decision_with_its_totals(imported):
    """Two agree, one abstains, one disagrees; two were asked and did not vote."""
    folder, report = imported("loomio", "poll.csv", LOOMIO_POLL)
    (decision,) = rows(folder, "decisions")
    assert decision["decided_on"] == "2024-03-05"
    assert (decision["stated_for"], decision["stated_against"]) == ("2", "1")
    assert votes(folder) == (2, 1, 1)
    assert "people asked who did not vote: 2" in report.lost
    assert "Ann" not in "".join(path.read_text() for path in folder.iterdir())


def test_a_loomio_poll_about_dates_is_no_decision(imported):
    """Its options are days; a poll that decides nothing leaves nothing to write."""
    text = LOOMIO_POLL.replace("proposal", "dot_vote")
    with pytest.raises(AssessError, match="polls that are not proposals"):
        imported("loomio", "poll.csv", text)


def loomio_group() -> str:
    lines = [
        ("groups", {"id": 1, "name": "Makers"}),
        ("users", {"id": 11, "name": "Ann Lee"}),
        ("memberships", {"id": 1, "group_id": 1, "user_id": 11, "accepted_at": "2023-01-02"}),
        ("memberships", {"id": 2, "group_id": 1, "user_id": 12, "accepted_at": None}),
        ("polls", {"id": 7, "group_id": 1, "title": "x", "poll_type": "proposal",
                   "closed_at": "2024-03-05T10:00:00Z"}),
        ("poll_options", {"id": 1, "poll_id": 7, "name": "Agree"}),
        ("poll_options", {"id": 2, "poll_id": 7, "name": "Block"}),
        ("stances", {"id": 1, "poll_id": 7, "participant_id": 11, "latest": False}),
        ("stances", {"id": 2, "poll_id": 7, "participant_id": 11, "latest": True}),
        ("stance_choices", {"stance_id": 1, "poll_option_id": 2, "score": 1}),
        ("stance_choices", {"stance_id": 2, "poll_option_id": 1, "score": 1}),
    ]  # fmt: skip
    return "\n".join(json.dumps({"table": table, "record": record}) for table, record in lines)


def test_in_a_loomio_group_only_the_latest_vote_of_a_person_counts(imported):
    """Ann first blocked, then agreed; the second member never accepted the invitation."""
    folder, report = imported("loomio", "group.json", loomio_group())
    assert [row["joined_on"] for row in rows(folder, "members")] == ["2023-01-02"]
    assert votes(folder) == (1, 0, 0)
    assert "invitations that were not accepted: 1" in report.lost


def test_a_loomio_group_as_csv_gives_its_members_and_proposals(imported):
    text = """Export for Makers

Memberships (2)
Group,User,User name,Accepted at
"""
    text += """
Polls (1)
Id,Title,Poll type,Closed at
7,Shall we?,proposal,2024-03-05 10:00:00 UTC
"""
    text = text.replace("Group,User,User name,Accepted at\n", (
        "Group id,User id,User name,Accepted at\n1,11,Ann Lee,2023-01-02 09:00:00 UTC\n"
        "1,12,Bob Ray,2023-02-03 09:00:00 UTC\n"
    ))  # fmt: skip
    folder, _ = imported("loomio", "group.csv", text)
    assert len(rows(folder, "members")) == 2
    assert len(rows(folder, "decisions")) == 1


# ModernGov --------------------------------------------------------------------------------------

SENEDD_VOTE = """<XML_Vote><Meeting_ID>1</Meeting_ID><MeetingDate>2026-03-25T13:30:01</MeetingDate>
<Contribution_ID>9</Contribution_ID><Vote_Name_English>Item 6</Vote_Name_English>
<Vote_Name_Welsh>Eitem 6</Vote_Name_Welsh><VotesTotalFor>1</VotesTotalFor>
<VotesTotalAgainst>1</VotesTotalAgainst><VotesTotalAbstain>0</VotesTotalAbstain>
<Vote_Result_Welsh>{welsh}</Vote_Result_Welsh><Vote_Result_English>{english}</Vote_Result_English>
<Results_Result>{vote}</Results_Result><Member_name_English>{name}</Member_name_English></XML_Vote>"""


def senedd(english: str, welsh: str) -> str:
    both = [("For", "Ann Lee"), ("Against", "Bob Ray")]
    return "<dataroot>" + "".join(
        SENEDD_VOTE.format(english=english, welsh=welsh, vote=vote, name=name)
        for vote, name in both
    ) + "</dataroot>"  # fmt: skip


@pytest.mark.parametrize(
    ("english", "welsh", "outcome"),
    [
        ("Motion has been agreed", "Derbyniwyd y cynnig", "carried"),
        ("Amendment has been rejected", "Gwrthodwyd y gwelliant", "lost"),
        ("", "Gwrthodwyd y gwelliant", "lost"),
    ],
)
def test_recorded_votes_are_read_in_either_language(imported, english, welsh, outcome):
    """One for and one against; where the English result is empty the Welsh one is read."""
    folder, _ = imported("moderngov", "votes.xml", senedd(english, welsh))
    assert [row["outcome"] for row in rows(folder, "decisions")] == [outcome]
    assert votes(folder) == (1, 1, 0)


def test_bilingual_titles_are_both_kept(imported):
    text = senedd("Motion has been agreed", "Derbyniwyd y cynnig")
    folder, _ = imported("moderngov", "votes.xml", text, "titles: keep\n")
    assert rows(folder, "decisions")[0]["title"] == "Item 6 / Eitem 6"


def test_senedd_sample_and_the_total_its_rows_contradict(tmp_path):
    """Six rows: item 6 has 1 for, 1 against, 1 abstaining, 1 not voting, though it states 2 for;
    item 7 has 1 and 1."""
    folder, _ = real("moderngov", "senedd_votes_sample.xml", tmp_path)
    assert votes(folder) == (2, 2, 1)
    assert [row["outcome"] for row in rows(folder, "decisions")] == ["carried", "lost"]
    odd = read_records(folder).consistency
    assert [one.column for one in odd if "tally" in one.rule] == ["stated_for"]


def test_torfaen_councillors_by_party_without_a_name_or_address(tmp_path):
    """The file has 44 councillor elements in its wards."""
    folder, report = real(
        "moderngov", "moderngov_GetCouncillorsByWard_torfaen_redacted.xml", tmp_path
    )
    members = rows(folder, "members")
    assert len(members) == 44
    assert all(row["category"] for row in members)
    assert "councillors whose addresses are left behind on purpose: 44" in report.lost


def test_an_attendance_summary_is_added_up_and_said_to_be_lost(imported):
    """Present 7 and 3, of 8 and 9 expected; the total row is no councillor."""
    page = """<table><tr><th>Councillor</th><th>Expected</th><th>Present</th></tr>
    <tr><td>Ann Lee</td><td>8</td><td>7</td></tr><tr><td>Bob Ray</td><td>9</td><td>3</td></tr>
    <tr><td>Total</td><td>17</td><td>10</td></tr></table>"""
    folder, report = imported("moderngov", "summary.html", page)
    assert len(rows(folder, "members")) == 2
    assert any("10 of 17" in line for line in report.lost)


# eSCRIBE ----------------------------------------------------------------------------------------


def test_escribe_meeting_by_its_own_lists(tmp_path):
    """4 present, 19 also present, 3 remote guests, 1 absent; 9 motions, all passed."""
    folder, _ = real("escribe", "escribe_london_on_audit_2025-02-12.json", tmp_path)
    attendance = rows(folder, "attendance")
    counts = Counter((row["status"], row["capacity"]) for row in attendance)
    assert counts == {
        ("present", ""): 4, ("present", "in attendance"): 19, ("remote", "in attendance"): 3,
        ("absent", ""): 1,
    }  # fmt: skip
    assert Counter(row["outcome"] for row in rows(folder, "decisions")) == {"carried": 9}


# CiviCRM ----------------------------------------------------------------------------------------

CIVICRM = """\
Contact ID,Display Name,Membership Type,Member Since,Membership Expiration Date,Membership Status
1,Ann Lee,Staff,2019-05-01,2030-04-30,Current
2,Bob Ray,Community,2018-01-01,2019-12-31,Expired
2,Bob Ray,Staff,2020-01-01,2031-12-31,Current
3,Cy Dent,Staff,2020-06-01,2021-05-31,Cancelled
4,Di Fox,Staff,2024-01-01,,Pending
"""


def test_civicrm_members_leave_only_when_their_last_membership_ended(imported):
    """Ann stays though her membership runs out one day; Bob's two make one from 2018, now staff;
    Cy left; Di is not a member yet."""
    folder, report = imported("civicrm", "members.csv", CIVICRM)
    found = [(row["category"], row["joined_on"], row["left_on"]) for row in rows(folder, "members")]
    assert found == [
        ("staff", "2019-05-01", ""),
        ("staff", "2018-01-01", ""),
        ("staff", "2020-06-01", "2021-05-31"),
    ]
    assert "memberships that are still pending: 1" in report.lost
    assert "contacts with several memberships, read as one member each: 1" in report.changed


def test_civicrm_without_a_status_is_refused(imported):
    with pytest.raises(AssessError, match="status"):
        imported("civicrm", "members.csv", "Contact ID,Display Name\n1,Ann Lee\n")


# Our own package --------------------------------------------------------------------------------

ORGANISATIONS = sorted(path.parent for path in (ROOT / "data").glob("*/organisation.yaml"))


@pytest.mark.parametrize("folder", ORGANISATIONS[1:3], ids=lambda folder: folder.name)
def test_our_own_package_comes_back_without_loss(folder, tmp_path):
    """Every table, cell by cell, and the organisation; the second package has the same bytes."""
    descriptor = pack(folder, tmp_path / "package")
    import_records("frictionless", descriptor.parent, tmp_path / "back")
    before, after = read_records(folder), read_records(tmp_path / "back")
    assert after.organisation == before.organisation
    for name, table in before.tables.items():
        pd.testing.assert_frame_equal(after.tables[name], table)
    again = pack(tmp_path / "back", tmp_path / "again")
    assert again.read_bytes() == descriptor.read_bytes()


def test_our_own_package_is_a_package_to_others_too(tmp_path):
    """The frictionless library finds it valid, with its tables and keys."""
    frictionless = pytest.importorskip("frictionless")
    descriptor = pack(ORGANISATIONS[0], tmp_path / "package")
    report = frictionless.validate(str(descriptor))
    assert report.valid, report.flatten(["title", "note"])


def test_days_and_numbers_of_a_package_are_written_in_one_way(write_records, tmp_path):
    """31/01/2024 becomes 2024-01-31; a day that cannot be read stands as it was written."""
    member = {"member_id": "M1", "category": "staff", "joined_on": "31/01/2024"}
    other = {"member_id": "M2", "category": "staff", "joined_on": "last May"}
    descriptor = pack(write_records(members=[member, other]), tmp_path / "package")
    joined = [row["joined_on"] for row in rows(descriptor.parent, "members")]
    assert joined == ["2024-01-31", "last May"]


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "https://example.org/a.csv"])
def test_a_package_may_not_point_outside_itself(tmp_path, path):
    descriptor = pack(ORGANISATIONS[0], tmp_path / "package")
    written = json.loads(descriptor.read_text())
    written["resources"][0]["path"] = path
    descriptor.write_text(json.dumps(written))
    with pytest.raises(AssessError, match="not beside it"):
        import_records("frictionless", descriptor, tmp_path / "back")
    assert not (tmp_path / "back").exists()
