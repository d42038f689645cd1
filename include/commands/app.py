"""The commands of ``./seamline``, their arguments and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="seamline",
    help="Look at files, deliver them, follow records through every seam, and settle what was set aside.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
letters = typer.Typer(help="Records, deliveries and messages that were set aside.", no_args_is_help=True)
gate = typer.Typer(help="Outbound batches and the verdicts on them.", no_args_is_help=True)
app.add_typer(letters, name="dead-letters")
app.add_typer(gate, name="gate")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
Files = Annotated[list[Path], typer.Argument(help="Files to read.")]
DagId = Annotated[str, typer.Argument(help="Id of a flow, as pull_catalog_from_supplier_sftp.")]
Account = Annotated[
    str | None,
    typer.Option("--account", help="The partner or shop that sent it, where the flow has several."),
]
By = Annotated[str, typer.Option("--by", help="Your name; it is kept on record.")]
Because = Annotated[str, typer.Option("--because", help="Why; it is kept on record.")]
LARGEST_ID = 2**63 - 1
Ids = Annotated[
    list[int],
    typer.Argument(help="Ids of dead letters, from `./seamline dead-letters list`.", min=1, max=LARGEST_ID),
]
DeadLetterId = Annotated[int, typer.Argument(help="Its id.", min=1, max=LARGEST_ID)]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=1_000_000)]


@app.command()
def parse(
    files: Annotated[list[Path], typer.Argument(help="Files to read; - is standard input.")],
    as_json: Json = False,
    ack: Annotated[
        bool,
        typer.Option("--ack", help="Print the acknowledgement that each EDI file would get, nothing else."),
    ] = False,
) -> int:
    """Say what files are: format, records or interchanges, and every error with its place.

    Of an EDI file it says what each document is: who, when, lines, totals; with --json everything in it.
    Needs no database and changes nothing. A compressed file is told by what is inside. What cannot be checked
    here is said in so many words. Exit code 1: errors were found; 2: a file cannot be opened, or there is no
    reader for its format.
    """
    from include.commands.parse import parse_files

    return parse_files(files, as_json=as_json, with_acknowledgements=ack)


@app.command("edi-write")
def edi_write(
    document: Annotated[str, typer.Argument(help="A transaction set or message, as 850 or ORDERS.")],
    partner: Annotated[
        str, typer.Argument(help="The partner who gets it, as nordkap or supplier_edi/nordkap.")
    ],
    records: Annotated[
        Path, typer.Argument(help="JSON file with the document or a list; - is standard input.")
    ],
    control_number: Annotated[
        int | None,
        typer.Option(help="Number of the interchange; without one it is a test.", min=1, max=999_999_999),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="File to write to instead of standard output.")] = None,
    as_json: Json = False,
) -> int:
    """Write an EDI document as a partner's profile asks: separators, identifiers, version, envelope.

    The records are a document by the names of the standard, as `./seamline parse --json` shows it under
    `document`; envelopes and counts are made. It is read back first: with any finding nothing is written. It
    sends nothing and takes no number: the flows do, from the table of control numbers. Exit code 1: the
    records are wrong.
    """
    from include.commands.edi_write import write_document

    return write_document(document, partner, records, number=control_number, to=to, as_json=as_json)


@app.command("try")
def try_(dag_id: DagId, files: Files, account: Account = None, as_json: Json = False) -> int:
    """Check files against a flow's contracts: what would be accepted, what refused and why.

    A dry run of land and check_contract: needs no database and writes nothing. Several files are one delivery
    where the flow's deliveries are sets of files, else one each.
    """
    from include.commands.try_files import try_files

    return try_files(dag_id, files, account=account, as_json=as_json)


@app.command()
def deliver(
    dag_id: DagId,
    files: Files,
    by: By,
    because: Because,
    account: Account = None,
    build: Annotated[bool, typer.Option(help="Build the warehouse afterwards.")] = True,
    as_json: Json = False,
) -> int:
    """Hand in files that came by another way, as by e-mail: a real delivery through every step.

    It is landed under your name, checked, loaded, acknowledged where that was agreed, and built into the
    warehouse. The same bytes twice are one delivery. Exit code 1: something was set aside.
    """
    from include.commands.deliver import deliver_files

    return deliver_files(dag_id, files, by=by, because=because, account=account, build=build, as_json=as_json)


@app.command()
def status(as_json: Json = False) -> int:
    """One row per seam: delay, refusals, queue, mismatches, what people had to do.

    Exit code 1: a seam fails, is held, is late or waits for its owner.
    """
    from include.commands.status import show_status

    return show_status(as_json=as_json)


@app.command()
def explain(
    subject: Annotated[str, typer.Argument(help="An object of ownership.yml or the id of a flow.")],
    as_json: Json = False,
) -> int:
    """Say who owns an object, or how a flow works and why. Needs no database."""
    from include.commands.explain import explain_subject

    return explain_subject(subject, as_json=as_json)


@app.command()
def trace(
    key: Annotated[str, typer.Argument(help="An order number, SKU, handle, delivery or message id.")],
    as_json: Json = False,
) -> int:
    """Follow one thing through every step, on one timeline."""
    from include.commands.trace import trace_key

    return trace_key(key, as_json=as_json)


@app.command()
def dsn(
    role: Annotated[str, typer.Option(help="reader, analyst, pipeline, builder or owner.")] = "reader",
    as_json: Json = False,
) -> int:
    """Print the connection string of the warehouse, password included: psql "$(./seamline dsn)"."""
    from include.commands.warehouse import print_dsn

    return print_dsn(role, as_json=as_json)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One statement; it cannot write.")],
    as_json: Json = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV with a header instead of a table.")
    ] = False,
    limit: Annotated[int, typer.Option(help="Rows to show at most; 0 shows all.", min=0)] = 1000,
) -> int:
    """Ask the warehouse, reading only.

    As a role that reads everything and writes nothing, in a transaction that only reads. Where rows were left
    off, standard error says so.
    """
    from include.commands.warehouse import run_query

    return run_query(query, as_json=as_json, as_csv=as_csv, limit=limit)


@app.command()
def metric(
    names: Annotated[
        list[str] | None, typer.Argument(help="Metrics, as net_revenue; none lists all of them.")
    ] = None,
    by: Annotated[
        str,
        typer.Option("--by", help="What to tell them apart by, with commas between, as month,channel."),
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", help="Only these values of a dimension, as channel=Feira or channel=Feira,Gifts."
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="First day, as 2026-11-01.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day, as 2026-11-30.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Also draw it, into this PNG file.")] = None,
    limit: Annotated[int, typer.Option(help="Rows to print at most; 0 prints all.", min=0)] = 1000,
    as_sql: Annotated[bool, typer.Option("--sql", help="Print the statement instead of asking it.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV with a header instead of a table.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Ask metrics, as they are defined once for everybody, of what readers see.

    Amounts are in the reporting currency. It is told apart by day, week, month, quarter, year and by dimensions
    such as channel; a wrong name is answered with all that there are. Docs: docs/metrics.md.
    """
    from include.commands import metric as command
    from include.semantic_layer import Question

    if not names:
        return command.list_metrics(as_json=as_json)
    question = Question(
        names=names,
        by=[name.strip() for name in by.split(",") if name.strip()],
        only=command.parsed_conditions(where or []),
        since=command.parsed_day("--since", since),
        until=command.parsed_day("--until", until),
    )
    return command.show_metrics(
        question, as_json=as_json, as_csv=as_csv, as_sql=as_sql, plot=plot, limit=limit
    )


@letters.command("list")
def list_letters(
    flow: Annotated[str | None, typer.Option(help="Only of this flow.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only for this rule.")] = None,
    all_statuses: Annotated[bool, typer.Option("--all", help="Also the settled ones.")] = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> int:
    """What waits, newest first. Exit code 1: something does."""
    from include.commands.dead_letters import list_letters as run

    return run(flow=flow, rule=rule, all_statuses=all_statuses, limit=limit, as_json=as_json)


@letters.command()
def show(dead_letter_id: DeadLetterId, as_json: Json = False) -> int:
    """Everything about one: the record as it came, what is wrong, whose it is, what was done."""
    from include.commands.dead_letters import show_letter

    return show_letter(dead_letter_id, as_json=as_json)


@letters.command()
def retry(ids: Ids, by: By, because: Because, as_json: Json = False) -> int:
    """Send them through their steps again as they are."""
    from include.commands.dead_letters import retry_letters

    return retry_letters(ids, by=by, because=because, as_json=as_json)


@letters.command()
def repair(
    dead_letter_id: DeadLetterId,
    by: By,
    because: Because,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="A column and its new value, as 'Variant Price=12.50'.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="JSON file with the whole record instead.")] = None,
    as_json: Json = False,
) -> int:
    """Bring a record back with edited values."""
    from include.commands.dead_letters import repair_letter

    return repair_letter(
        dead_letter_id, by=by, because=because, changes=changes or [], record=record, as_json=as_json
    )


@letters.command()
def suppress(ids: Ids, by: By, because: Because, as_json: Json = False) -> int:
    """Decide to do without them; the same records are suppressed when they come again."""
    from include.commands.dead_letters import suppress_letters

    return suppress_letters(ids, by=by, because=because, as_json=as_json)


@letters.command()
def escalate(
    ids: Ids,
    by: By,
    because: Because,
    to: Annotated[str, typer.Option(help="The new owner, a key of ownership.yml.")],
    as_json: Json = False,
) -> int:
    """Hand them to another owner."""
    from include.commands.dead_letters import escalate_letters

    return escalate_letters(ids, by=by, because=because, to=to, as_json=as_json)


@gate.command("list")
def list_batches(limit: Limit = 20, as_json: Json = False) -> int:
    """The newest outbound batches and how their gates decided. Exit code 1: one is held."""
    from include.commands.gate import list_batches as run

    return run(limit=limit, as_json=as_json)


@gate.command("show")
def show_batch(
    batch_id: Annotated[int, typer.Argument(help="Its id.", min=1, max=LARGEST_ID)],
    dag_id: Annotated[
        str | None,
        typer.Option("--flow", help="Whose it is; needed for publications, as of push_metrics_to_bi."),
    ] = None,
    as_json: Json = False,
) -> int:
    """What broke, with examples, and where the evidence page lies."""
    from include.commands.gate import show_batch as run

    return run(batch_id, dag_id=dag_id, as_json=as_json)


@gate.command("open")
def open_batch(
    dag_id: DagId,
    batch_id: Annotated[
        int, typer.Argument(help="Id of the held batch or publication.", min=1, max=LARGEST_ID)
    ],
    by: By,
    because: Because,
    as_json: Json = False,
) -> int:
    """Let a held batch out, once; the flow's next run sends it."""
    from include.commands.gate import open_batch as run

    return run(dag_id, batch_id, by=by, because=because, as_json=as_json)


@gate.command("tell-again")
def tell_again(
    dag_id: DagId,
    account: Annotated[str, typer.Argument(help="The partner, as its profile is called.")],
    by: By,
    because: Because,
    as_json: Json = False,
) -> int:
    """Tell a partner everything again that a flow has to say to it, because it has lost what it knew.

    Only for what may be said twice, as stock and prices of retailers; never for orders. It goes through the gate
    and out with the flow's next run.
    """
    from include.commands.gate import tell_again as run

    return run(dag_id, account, by=by, because=because, as_json=as_json)
