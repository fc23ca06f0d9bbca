"""One short function for each indicator of the framework, by principle."""

from assess.indicators import (
    capacity,
    decisions,
    functions_and_roles,
    purpose,
    stakeholders,
    values,
)

__all__ = ["capacity", "decisions", "functions_and_roles", "purpose", "stakeholders", "values"]
