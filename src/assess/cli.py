"""The commands. What each needs is imported when it runs, so that `assess --help` answers at once.

Exit codes: 0 all well; 1 some organisations could not be assessed (the others were); 2 wrong use.
"""

import difflib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from assess import __version__

STOPPED = 130  # by Ctrl-C, as shells count it


class _Commands(click.Group):
    """Commands that end in a sentence for the reader, and suggest what may have been meant."""

    def resolve_command(self, ctx: click.Context, args: list[str]):
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as fault:
            meant = did_you_mean(args[0], self.commands)
            raise click.UsageError(fault.message + meant, ctx) from None

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nStopped. What is finished is kept; run it again to go on.", err=True)
            ctx.exit(STOPPED)
        except BrokenPipeError:  # `assess check | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as fault:
            from assess.records import AssessError

            if isinstance(fault, AssessError):
                raise _Refused(str(fault)) from None
            if os.environ.get("ASSESS_TRACE"):
                raise
            raise click.ClickException(_fault_of_ours(fault)) from None


def _fault_of_ours(fault: Exception) -> str:
    from assess.batch.job import fault_of_ours

    return f"{fault_of_ours(fault)} (ASSESS_TRACE=1 shows the whole trace.)"


class _Refused(click.ClickException):
    """Wrong use, or records nothing can be made of: the message, and nothing else."""

    exit_code = 2

    def show(self, file=None) -> None:
        click.echo(self.message, err=True)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " Did you mean ...?" where one of `known` is close to the word, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `assess check` on your own folder, or `assess run data` on invented ones.",
)
@click.version_option(__version__, prog_name="assess")
def main() -> None:
    """Assess an organisation against the Six Principles of Good Governance from its own records."""


PATHS = click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
PERIOD = click.option(
    "--period",
    default="",
    metavar="PERIOD",
    help="A year (2025) or two dates (2025-04-01/2026-03-31). Else the latest twelve months.",
)
SEED = click.option("--seed", default=1, show_default=True, help="For everything drawn by chance.")


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--lang", default="en", show_default=True, type=click.Choice(["en", "cy"]), help="Language."
)
@click.option("--csv", "as_csv", is_flag=True, help="CSV files in place of a workbook.")
def new(folder: Path, lang: str, as_csv: bool) -> None:
    """Write an empty set of records into DIR, to fill in: a workbook, or CSV files."""
    from assess.template import new as write_new

    for line in write_new(folder, lang=lang, as_csv=as_csv):
        click.echo(line)


@main.command()
@PATHS
@click.option("--mapping", is_flag=True, help="Also show how headings and words were read.")
def check(paths: tuple[str, ...], mapping: bool) -> None:
    """Say what is wrong with records: file, cell, and what to do. Changes nothing.

    Ends with 1 where a cell, a row or a table could not be used.
    """
    from assess.validate.check import check as check_records

    lines, all_well = check_records(paths, mapping=mapping)
    for line in lines:
        click.echo(line)
    sys.exit(0 if all_well else 1)


@main.command()
@PATHS
@click.option("--out", default="reports", show_default=True, type=click.Path(file_okay=False))
@click.option(
    "-j", "--jobs", default=2, show_default=True, type=click.IntRange(1), help="At a time."
)
@click.option(
    "--lang",
    "langs",
    multiple=True,
    default=["en"],
    show_default=True,
    type=click.Choice(["en", "cy", "both"]),
    help="Language of the reports; may be given twice.",
)
@click.option(
    "--mode",
    default="internal",
    show_default=True,
    type=click.Choice(["internal", "publish"]),
    help="internal: for the organisation's own board. publish: safe to hand on.",
)
@PERIOD
@SEED
@click.option(
    "--engine",
    default="warm",
    show_default=True,
    type=click.Choice(["warm", "kernel"]),
    help="How notebooks run: in the worker itself, or in a kernel each (slow).",
)
@click.option(
    "--pdf", is_flag=True, help="Print the reports to PDF too, with a browser found here."
)
@click.option("--copies", is_flag=True, help="Give each organisation a comparison naming only it.")
@click.option(
    "--peers",
    type=click.Path(exists=True, dir_okay=False),
    help="Middles of similar organisations: comparison.csv of a run to publish.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Assess on a dask cluster, such as tls://host:8786; `local` makes one here.",
)
@click.option("--dask-shared", is_flag=True, help="Its machines read the records where they lie.")
@click.option("--timeout", type=click.FloatRange(1), help="Most seconds for one notebook.")
@click.option("--force", is_flag=True, help="Do again what has not changed, too.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")
def run(paths: tuple[str, ...], out: str, langs: tuple[str, ...], **options) -> None:
    """Assess each organisation found, then compare them. Results open at OUT/index.html.

    What has been done before and still holds is left as it is, so a run that was stopped goes on
    where it stopped.
    """
    from assess import batch

    langs = ("en", "cy") if "both" in langs else tuple(dict.fromkeys(langs))
    dask, shared = options.pop("dask"), options.pop("dask_shared")
    if shared and not dask:
        raise click.UsageError("--dask-shared goes with --dask ADDRESS.")
    given = {key: value for key, value in options.items() if value is not None}
    with _cluster(dask, jobs=options["jobs"], shared=shared) as cluster:
        status = batch.run(paths, out, langs=langs, cluster=cluster, **given)
    for outcome in status.failed:
        click.echo(f"{outcome.organisation or outcome.source}: {outcome.message}", err=True)
    if status.comparison:
        click.echo(f"The comparison could not be made: {status.comparison}", err=True)
    if status.printing:
        click.echo(status.printing, err=True)
    if not options["quiet"]:
        click.echo(_in_short(status, Path(out)))
    sys.exit(status.exit_code)


def _cluster(address: str | None, **options):
    """The cluster at an address, to be used in a `with`; no address, no cluster."""
    from contextlib import nullcontext

    if not address:
        return nullcontext()
    from assess.batch.cluster import Cluster

    return Cluster(address, **options)


def _in_short(status, out: Path) -> str:
    counts = status.counts
    told = [f"{counts[state]} {state}" for state in ("assessed", "unchanged", "failed")]
    kept = [words for words in told if not words.startswith("0 ")]
    return f"Organisations: {', '.join(kept)}. Open {out / 'index.html'}"


@main.command()
@click.argument("number", type=click.IntRange(1))
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@SEED
def synth(number: int, folder: Path, seed: int) -> None:
    """Write NUMBER invented organisations of known character into DIR."""
    from assess.synth import write_organisations

    written = write_organisations(number, folder, seed=seed)
    click.echo(f"{len(written)} invented organisations are in {folder}.")


@main.command("import")
@click.argument("format", metavar="FORMAT")
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(dir_okay=False), help="What stands where (YAML).")
@click.option(
    "--keep-key",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Also write which code is whose, outside DIR. Without it nobody can tell.",
)
def import_(format: str, source: Path, folder: Path, **options) -> None:
    """Write the records of another system into DIR, with codes in place of names.

    FORMAT is popolo, loomio, moderngov, escribe, civicrm, frictionless or wide. `wide` reads any
    sheet of attendance, votes or decisions; without --mapping it proposes one for you to edit.
    """
    from assess.importers import import_records

    for line in import_records(format, source, folder, **options).lines():
        click.echo(line)


@main.command()
@click.argument("reports", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--out", required=True, type=click.Path(), help="A new folder, or a file ending in .zip."
)
@click.option(
    "--records",
    multiple=True,
    type=click.Path(),
    help="Where the records are, to put their rows in; may be given twice. Leave out to publish.",
)
@click.option("--title", default="", help="What the bundle is called.")
@click.option(
    "--author", "authors", multiple=True, help='"Family, Given", or a body; may be given twice.'
)
@click.option("--licence", default="", help="Under which it may be used, such as CC-BY-4.0.")
@click.option("--date", default="", help="The day of publication, such as 2026-05-31. Else today.")
def bundle(reports: str, out: str, **said) -> None:
    """Pack results so that others can read them, cite them and work them out again.

    REPORTS is a folder that `assess run` has made.
    """
    from assess.bundle import bundle as make

    made = make(reports, out, **said)
    rows = "with" if made.with_records else "without"
    click.echo(f"{made.path}: {made.runs} assessments, {made.files} files, {rows} records.")


@main.command()
@click.argument("bundle", type=click.Path(exists=True))
def rerun(bundle: str) -> None:
    """Work out every number of a bundle again, and name each that comes out otherwise.

    Exit code 1 where one does, or where a file is not as it was bundled.
    """
    from assess.bundle.rerun import rerun as again

    found = again(bundle)
    for line in found.lines():
        click.echo(line)
    sys.exit(0 if found.same else 1)


@main.command()
@click.option("--out", type=click.Path(path_type=Path), help="A file to write; else it is printed.")
def method(out: Path | None) -> None:
    """The method in words: every indicator, its goalposts, their source, what it cannot show."""
    from assess.bundle.method import method_document
    from assess.framework import load_framework

    text = method_document(load_framework())
    if out is None:
        click.echo(text, nl=False)
        return
    from assess.whole_files import write_whole

    write_whole(out, text)
    click.echo(f"The method is in {out}.")


@main.group(cls=_Commands)
def validity() -> None:
    """For researchers: does it measure what it says?

    `draw`, then `agree`: two people, or one person twice, code the same decisions. `study`: what
    many organisations show. `known`: invented organisations whose true rates are known.
    """


RECORDS = click.argument("records", type=click.Path(exists=True, path_type=Path))


@validity.command()
@RECORDS
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("-n", "--number", "n", default=10, show_default=True, help="How many decisions.")
@PERIOD
@SEED
def draw(records: Path, folder: Path, n: int, period: str, seed: int) -> None:
    """Draw decisions to be coded again, into a sheet in DIR. It holds nobody's codes.

    Also writes what each column asks and the words that may stand there.
    """
    from assess.bundle.validity import draw_to_code, words_to_code
    from assess.csv_cells import as_csv
    from assess.records import AssessError, Period
    from assess.validate import read_records
    from assess.whole_files import write_whole

    sheet, words = folder / "coding.csv", folder / "coding_words.csv"
    if sheet.exists():
        raise AssessError(f"{sheet} is there already. Nothing is overwritten: name another DIR.")
    when = Period.parse(period) if period else None
    sample = draw_to_code(read_records(records), n=n, seed=seed, period=when)
    write_whole(sheet, as_csv(sample.sheet.reset_index()))
    write_whole(words, as_csv(words_to_code()))
    click.echo(f"{n} decisions to code are in {sheet}. {words.name} says what may be written.")


@validity.command()
@RECORDS
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("other", required=False, type=click.Path(exists=True, dir_okay=False))
def agree(records: Path, sheet: Path, other: str | None) -> None:
    """How far a filled-in SHEET agrees with the records, or with an OTHER sheet: Cohen's kappa.

    Of the same coder later it is test-retest, of another it is agreement between two coders.
    """
    from assess.bundle.validity import agreement, read_coding, sample_again
    from assess.validate import read_records

    sample = sample_again(read_records(records), sheet)
    second = read_coding(sheet, sample)
    first = read_coding(other, sample) if other else sample.first
    found = agreement(first, second)
    click.echo(found.round(2).to_string(na_rep="-"))
    click.echo("low and high: 90% range of kappa. No kappa where nobody's codes differ.")


@validity.command()
@click.argument("results", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
def study(results: Path, out: Path) -> None:
    """What many organisations show: tables for RESULTS, a folder of results or a bundle.

    Items (mean, spread, floor and ceiling), correlations with their n, what each indicator is meant
    to weigh and what it drives, and which read the same columns.
    """
    from assess.bundle import validity as kit
    from assess.csv_cells import as_csv
    from assess.whole_files import write_whole

    scores = kit.scores_in(results)
    tables = kit.study(scores)
    for name, table in tables.items():
        write_whole(out / f"{name}.csv", as_csv(table.round(6)))
    number = scores[["organisation", "period"]].drop_duplicates().shape[0]
    click.echo(f"{number} assessments: {', '.join(f'{name}.csv' for name in tables)} are in {out}.")
    if "components" not in tables:
        click.echo(
            f"No factor analysis: fewer than {kit.FEWEST_FOR_FACTORS} organisations have a score "
            "for every indicator. Report correlations with their n."
        )


@validity.command()
@click.argument("number", type=click.IntRange(1), default=12)
@SEED
def known(number: int, seed: int) -> None:
    """Measure NUMBER invented organisations and hold the results against their true rates."""
    from assess.bundle.validity import known_answers

    found = known_answers(number, seed=seed)
    bias = (found["value"] - found["truth"]).mean()
    click.echo(
        f"{len(found)} shares of {number} invented organisations: the 90% range holds the truth in "
        f"{100 * found['held'].mean():.0f} of 100; on average they are {bias:+.1f} points off."
    )


@main.command()
@click.argument("organisation", type=click.Path())
@click.argument("indicator")
@PERIOD
@click.option("--rows", default=50, show_default=True, help="Most rows to print; 0 for all.")
def trace(organisation: str, indicator: str, period: str, rows: int) -> None:
    """The rows behind one number, by sheet row. ORGANISATION is a folder or workbook.

    INDICATOR is an id such as 4.1b. For the organisation's own eyes.
    """
    from assess.assessment import assess_records

    assessment = assess_records(organisation, period=period)
    entry = _indicator(assessment.framework, indicator)
    found = assessment.trace(entry.id)
    measured = assessment.measures.table.loc[entry.id]
    click.echo(f"{entry.id} {entry.title}: {measured['state']}, {assessment.period}")
    click.echo(f"{entry.definition}")
    shown = found.head(rows) if rows else found
    click.echo(shown.dropna(axis="columns", how="all").to_string(index=False))
    if len(shown) < len(found):
        click.echo(f"... and {len(found) - len(shown)} more rows; --rows 0 shows all")


def _indicator(framework, wanted: str):
    """The indicator of that id or name. Raises a usage error that suggests the nearest."""
    known = {key: entry for entry in framework.indicators for key in (entry.id, entry.name)}
    if wanted in known:
        return known[wanted]
    under = [entry.id for entry in framework.indicators if entry.id.startswith(wanted)]
    meant = f" It has {', '.join(under)}." if under else did_you_mean(wanted, known)
    raise click.UsageError(f"There is no indicator {wanted}.{meant}")


if __name__ == "__main__":
    main()
