"""Invented organisations of known character, written as folders of records.

A character is data (characters.yaml): a constitution, sizes, and the true rate of each habit.
The habits bear the names of the indicators that look for them.
"""

from assess.synth.character import Character, characters, find_character
from assess.synth.write import make_tables, write_organisation, write_organisations, write_samples

__all__ = [
    "Character",
    "characters",
    "find_character",
    "make_tables",
    "write_organisation",
    "write_organisations",
    "write_samples",
]
