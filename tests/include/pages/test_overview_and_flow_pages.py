"""The overview and the page of a flow: what an operator is told, and that values of others stay text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from markupsafe import escape
from seam_site import ANNA, NASTY, PULL, Browser, Site
from storefront import stock_row

from include.flow import PushFlow, flow, flows
from include.ownership import owners
from include.pages.plots import DAYS, LEAST, plots
from include.pages.warehouse import reading
from include.pages.wording import NOTHING
from include.systems.shopify.push import PUSH_STOCK

FAILING = "pull_orders_from_shopify"
HELD = "push_stock_to_shopify"


def rows_of(text: str) -> dict[str, str]:
    """The rows of the overview's table by the id of their flow."""
    table = text[text.index('<table class="seams">') : text.index("</table>")]
    rows = table.split("<tr")[2:]
    return {re.search(r'/seams/flows/(\w+)"', row)[1]: row for row in rows}


def cell(row: str, label: str) -> str:
    """What a cell of a row says."""
    found = re.search(rf'<td[^>]*data-label="{label}".*?</td>', row, re.S)[0]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def headline(text: str) -> str:
    """The first heading of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", re.search(r"<h1>.*?</h1>", text, re.S)[0]).split())


def test_every_flow_has_one_row_in_words_with_its_owner_and_its_runbook(site: Site, anna: Browser):
    shown = rows_of(anna.get("/").text)
    assert set(shown) == set(flows())
    for dag_id, row in shown.items():
        known = flow(dag_id)
        assert f">{dag_id.replace('_', ' ')}</a>" in row
        assert str(escape(known.summary)) in row
        assert str(escape(owners()[known.owner].name)) in row
        assert str(known.latency) in row
        assert f'href="/seams/runbooks/{dag_id}"' in row


def test_the_overview_counts_what_the_steps_did(site: Site, anna: Browser):
    shown = rows_of(anna.get("/").text)
    assert cell(shown[PULL], "Records in") == "42 3 deliveries"
    assert cell(shown[PULL], "Refused") == "4 1 whole delivery"
    assert cell(shown[PULL], "Dead letters") == "5"
    assert cell(shown[HELD], "Queue").startswith("4 oldest")
    assert cell(shown[HELD], "Held") == "2"
    assert cell(shown[HELD], "Mismatches") == "1"
    assert cell(shown["build_warehouse"], "Last success") == "never"
    assert "42 accepted and 4 refused in 14 days" in shown[PULL]


def test_what_needs_somebody_comes_first_and_says_why_whose_and_what_to_do(site: Site, anna: Browser):
    text = anna.get("/").text
    needing = len(re.findall(r'<article class="card', text))
    assert headline(text) == f"{needing} of {len(flows())} seams need somebody"
    assert next(iter(rows_of(text))) == FAILING
    cards = {re.search(r"/seams/flows/(\w+)", card)[1]: card for card in text.split("<article")[1:]}
    assert list(cards) == list(rows_of(text))[:needing]
    for dag_id, why in (
        (FAILING, "<b>land</b> failed in its last run"),
        (HELD, "2 rows held by the gate; nothing new goes out"),
        ("push_metrics_to_bi", "readers keep the last good state"),
        (PULL, "5 dead letters to be looked at"),
    ):
        assert why in cards[dag_id], dag_id
        assert str(escape(owners()[flow(dag_id).owner].name)) in cards[dag_id]
        assert f"/seams/runbooks/{dag_id}" in cards[dag_id]


def test_a_failing_step_says_its_error_where_it_is_first_seen(site: Site, anna: Browser):
    text = anna.get("/").text
    (card,) = [
        card for card in text.split("<article")[1:] if f"/flows/{FAILING}" in card.split("</article>")[0]
    ]
    assert f"the shop answered 503 {escape(NASTY)}" in card
    assert NASTY not in text


def test_a_seam_that_is_late_says_since_when_and_what_its_class_allows(quiet_site: Site):
    long_ago = datetime.now(UTC) - timedelta(hours=5)
    quiet_site.outbound.database.execute(
        "insert into seam.runs (flow, step, started_at, finished_at, outcome) values (%s, 'land', %s, %s, 'done')",
        FAILING,
        long_ago,
        long_ago,
    )
    with quiet_site.browser(ANNA) as anna:
        text = anna.get("/").text
        page = anna.get(f"/flows/{FAILING}").text
    assert headline(text) == f"1 of {len(flows())} seams needs somebody"
    assert "Last success 5 h ago" in text
    assert "late after 45 min" in page


def test_a_day_on_which_nothing_has_run_is_told_from_one_on_which_all_is_well(quiet_site: Site):
    with quiet_site.browser(ANNA) as anna:
        assert headline(anna.get("/").text) == "Nothing has run yet"
        quiet_site.outbound.database.execute(
            "insert into seam.runs (flow, step, finished_at, outcome) values (%s, 'land', now(), 'nothing')",
            PULL,
        )
        assert headline(anna.get("/").text) == "Every seam that has run is well"


def test_every_flow_has_a_page_also_before_it_has_run(quiet_site: Site):
    with quiet_site.browser(ANNA) as anna:
        for dag_id, known in flows().items():
            shown = anna.get(f"/flows/{dag_id}")
            assert shown.status_code == 200, dag_id
            assert str(escape(known.because)) in shown.text
            assert f'href="/dags/{dag_id}"' in shown.text
            assert "None of its steps has run" in shown.text


def test_the_page_of_a_pull_shows_its_deliveries_and_that_their_counts_close(site: Site, anna: Browser):
    text = anna.get(f"/flows/{PULL}").text
    assert NASTY not in text
    assert f"winter {escape(NASTY)}.csv" in text
    rows = {
        re.search(r"</a> ([^<\n]*)", row)[1].split(" ")[0]: row
        for row in text.split("<tr")
        if 'data-label="Delivered"' in row
    }
    for name, counts in (
        ("autumn", ("30", "30", "0", "30")),
        ("winter", ("16", "12", "4", "12")),
        ("empty.csv", (NOTHING,) * 4),
    ):
        found = tuple(cell(rows[name], label) for label in ("Delivered", "Accepted", "Refused", "New"))
        assert found == counts, name
    assert "counts do not close" not in text
    site.outbound.database.execute("update landing.delivery_counts set accepted = accepted - 1")
    assert "counts do not close" in anna.get(f"/flows/{PULL}").text


def test_the_page_of_a_push_shows_queue_batches_and_what_differs(site: Site, anna: Browser):
    text = anna.get(f"/flows/{HELD}").text
    assert NASTY not in text
    assert "May be sent when it is due." in text
    assert f'href="/seams/gates/{site.facts["held"]}"' in text
    assert "changed in the shop" in text
    assert str(escape(NASTY)) in text
    assert "The channel is given a rest" not in text
    site.outbound.database.execute(
        "insert into outbox.channels (channel, breaker, failures_in_a_row, open_until) "
        "values ('shopify', 'open', 6, now() + interval '1 min') on conflict (channel) do update "
        "set breaker = 'open', failures_in_a_row = 6, open_until = excluded.open_until"
    )
    assert "<b>The channel is given a rest</b> after 6 failures" in anna.get(f"/flows/{HELD}").text


def test_the_page_of_a_comparison_shows_how_it_went_and_what_differs(site: Site, anna: Browser):
    text = anna.get("/flows/reconcile_stock_with_shopify").text
    assert "compared = agreed + explained + mismatched" in text
    assert "changed in the shop" in text


def test_the_page_of_a_publication_shows_what_is_held_back_from_readers(site: Site, anna: Browser):
    text = anna.get("/flows/push_metrics_to_bi").text
    assert f'href="/seams/publications/{site.facts["publication"]}"' in text
    assert f"totals add up {escape(NASTY)}" in text


def test_what_people_did_stands_on_the_page_of_its_flow(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    anna.send("/dead-letters/suppress", id=letter, reason=f"Not ours {NASTY}")
    shown, other = (anna.get(f"/flows/{dag_id}").text for dag_id in (PULL, HELD))
    assert f"<b>{ANNA}</b>" in shown
    assert f"Not ours {escape(NASTY)}" in shown
    assert "Not ours" not in other
    assert cell(rows_of(anna.get("/").text)[PULL], "Interventions") == "1"


def test_a_page_shows_one_moment(quiet_site: Site):
    """What a page counts twice is the same, whatever is written meanwhile; and it can change nothing."""
    settings = quiet_site.outbound.database
    settings.execute("alter role seamline_reader set default_transaction_read_only to off")

    class Asked:
        class app:
            class state:
                class host:
                    reading = staticmethod(lambda: settings.dsn("seamline_reader"))

    seen = reading(Asked)
    connection = next(seen)
    count = "select count(*) from seam.runs"
    before = connection.execute(count).fetchone()
    settings.execute("insert into seam.runs (flow, step) values ('x', 'land')")
    assert connection.execute(count).fetchone() == before
    assert connection.execute("show transaction_read_only").fetchone() == ("on",)
    connection.close()


def test_bars_of_a_plot_have_a_scale_of_their_own_and_hide_nothing():
    now = datetime(2026, 11, 26, 3, tzinfo=UTC)
    rows = [
        {"flow": "a", "day": now.date(), "accepted": 1_000_000, "refused": 0},
        {"flow": "a", "day": now.date() - timedelta(days=13), "accepted": 1, "refused": 2},
        {"flow": "a", "day": now.date() - timedelta(days=14), "accepted": 9, "refused": 9},
    ]
    plot = plots(rows, now)["a"]
    assert len(plot.days) == DAYS
    assert (plot.days[-1].up, plot.days[-1].down) == (1.0, 0.0)
    assert (plot.days[0].up, plot.days[0].down) == (LEAST, 1.0)
    assert (plot.accepted, plot.refused) == (1_000_001, 2)
    assert plot.in_words == "1,000,001 accepted and 2 refused in 14 days"


def test_mismatches_of_a_channel_that_several_flows_share_count_once(site: Site, anna: Browser):
    site.outbound.push(PUSH_STOCK, stock_row("S-9", 1), steps=())
    pushes = [one for one in flows().values() if isinstance(one, PushFlow)]
    assert len(pushes) > 1
    sums = anna.get("/").text.split('<ul class="sums">')[1].split("</ul>")[0]
    assert " ".join(re.sub(r"<[^>]*>", " ", sums).split()).endswith("1 mismatch")
