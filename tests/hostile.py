"""Records that try to break a page: hostile text in every free cell, and nothing but 100 or 0."""

from pathlib import Path

import yaml

from assess.synth.character import find_character
from assess.synth.write import write_organisation

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "</td></table><h1>x",
    "\u202eright to left: مجلس الإدارة",
    "🙂 emoji {braces} %(percent)s ${dollar}",
    "A name that goes on and on " * 15,
)


def write_hostile(folder: Path) -> Path:
    """One member, no meetings in the period, every share nothing or all, titles that attack."""
    folder.mkdir(parents=True)
    long = ("Unbreakable" * 40)[:390]
    organisation = {
        "id": "hostile",
        "name": f"{HOSTILE[0]} {long}"[:400],
        "legal_form": "other",
        "governance_model": "other",
        "synthetic": True,
        "member_categories": {
            "a": {"title": HOSTILE[0] + long, "kind": "users", "declared_share": 0.5},
            "b": {"title": HOSTILE[3] + HOSTILE[4], "kind": "staff", "declared_share": 0.5},
        },
        "bodies": {
            "board": {"title": HOSTILE[2] + HOSTILE[5], "seats": 1, "appointed_by": "council"},
            "council": {"title": HOSTILE[1], "seats": 2},
        },
    }
    (folder / "organisation.yaml").write_text(
        yaml.safe_dump(organisation, allow_unicode=True), encoding="utf-8"
    )
    tables = {
        "members": ["member_id,category,joined_on", "M1,a,2020-01-01"],
        "meetings": ["meeting_id,body,held_on"],
        "decisions": [
            "decision_id,body,decided_on,title,reasons_ref,objective_ref,quorate",
            *(
                f'D{n},board,2025-03-0{n % 9 + 1},"{text.replace(chr(34), chr(34) * 2)}",'
                + ("x,x,yes" if n < 30 else ",,no")
                for n, text in enumerate(HOSTILE * 10)
            ),
        ],
        "roles": [
            "person_id,body,start,seat_category",
            "P1,board,2020-01-01,",
            "P2,council,2020-01-01,a",
            "P3,council,2020-01-01,b",
        ],
        "register": [
            "item_id,kind,raised_on,original_due_on,done_on",
            *(
                f'"{text[:60]}{n}",action,2025-01-01,2025-02-01,'
                for n, text in enumerate(HOSTILE)
                if '"' not in text
            ),
        ],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


BETWEEN = (
    "strategic_focus_share",
    "recommendations_accepted",
)  # all of it is as far off as none of it


def write_extreme(folder: Path, rate: float) -> Path:
    """An organisation that does everything, every time (`rate` 1), or never (0)."""
    kind = find_character("excellent")

    def always(rates: dict[str, float]) -> dict[str, float]:
        kept = BETWEEN if rate else ()
        return {name: own if name in kept else rate for name, own in rates.items()}

    extreme = kind.renamed(f"all-{rate:.0f}", f"All or none {rate:.0f}").model_copy(
        update={
            "rates": always(kind.rates),
            "rates_before": {},
            "attendance": always(kind.attendance),
            "turnout": always(kind.turnout),
        }
    )
    return write_organisation(extreme, folder, seed=1)
