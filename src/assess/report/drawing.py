"""Charts described in Altair, compiled once, and drawn as SVG with the rows they are given then."""

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import altair as alt
import pandas as pd

Spec = Mapping[str, Any]  # a chart in Vega's words, with a name where each table goes

VEGA_LITE = "_".join(alt.SCHEMA_VERSION.split(".")[:2])  # such as v6_4
NO_FONTS = Path(__file__).parents[1] / "templates" / "no_fonts.conf"


def compiled(chart: alt.TopLevelMixin) -> Spec:
    """The chart as its drawing needs it. What is named in it (`alt.NamedData`) comes later."""
    return _converter().vegalite_to_vega(chart.to_dict(), vl_version=VEGA_LITE)


def drawn(spec: Spec, tables: Mapping[str, pd.DataFrame]) -> str:
    """An SVG of `spec` with the rows of its named tables."""
    data = [
        {**each, "values": _values(tables[each["name"]])} if each["name"] in tables else each
        for each in spec.get("data", [])
    ]
    return _converter().vega_to_svg({**spec, "data": data})


def _values(table: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(table.to_json(orient="records", double_precision=15))


def make_ready() -> None:
    """Start the converter now: half a second's work, which else the first chart does."""
    _converter()


@cache
def _converter() -> ModuleType:
    """The library that draws, with its own fonts and none of the machine's.

    Words are measured to leave room for them. In a font of the machine that would be another room
    on each machine; and the font's file would be opened again for every letter, which took two
    thirds of the time of a chart.
    """
    import vl_convert

    given = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(NO_FONTS)
    try:
        vl_convert.vegalite_to_svg(
            {"data": {"values": [{}]}, "mark": {"type": "text", "text": "a"}}
        )
    finally:
        if given is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = given
    return vl_convert
