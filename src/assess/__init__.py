"""Scores an organisation against the Six Principles of Good Governance from its own records."""

import sys

__version__ = "0.1.0"

# altair, papermill and nbformat import jsonschema, which imports this for one check nobody here
# asks for (that a text is an IRI) and skips when it is missing. Building its grammar takes a
# second or more: `import altair` 1.6 s with it, 0.4 s without.
sys.modules.setdefault("rfc3987_syntax", None)
