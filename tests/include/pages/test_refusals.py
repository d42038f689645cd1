"""What a person sees who asks for what is not there, or comes while the warehouse is down."""

from __future__ import annotations

from dataclasses import replace

from itsdangerous import URLSafeTimedSerializer
from markupsafe import escape
from seam_site import ANNA, NASTY, PULL, Browser, Site, serving, site_host, warehouse_nowhere, with_reading
from storefront import Outbound

from include.errors import Misconfigured
from include.pages.host import Host

READING = (
    "/",
    f"/flows/{PULL}",
    "/dead-letters",
    "/dead-letters/1",
    "/gates/1",
    "/publications/1",
    "/trace?key=A",
)
NOT_THERE = (
    "/nothing",
    f"/flows/{NASTY}",
    "/flows/pull_lists_from_depot",
    "/runbooks/none",
    "/runbooks/..%2f..%2fREADME",
    "/dead-letters/999999",
    "/dead-letters/0",
    "/dead-letters/one",
    "/dead-letters/99999999999999999999999",
    "/dead-letters?before=x",
    "/gates/999999",
    "/gates/999999/evidence",
    "/gates/-1",
    "/publications/999999",
    "/publications/1/evidence/daily_sales",
    "/publications/1/evidence/..%2f..%2fsecret",
    f"/trace?key={'x' * 201}",
)


def test_what_is_not_there_is_said_on_a_page(quiet_site: Site):
    with quiet_site.browser(ANNA) as anna:
        for path in NOT_THERE:
            answer = anna.get(path)
            assert answer.status_code == 404, path
            assert "<h1>Not there</h1>" in answer.text
            assert "To the overview" in answer.text
            assert NASTY not in answer.text


def test_forms_for_what_is_not_there_do_nothing(site: Site, anna: Browser):
    before = site.interventions()
    assert anna.send("/dead-letters/999999/repair", reason="why").status_code == 404
    assert anna.send("/gates/999999/open", reason="why").status_code == 404
    assert anna.send("/publications/999999/open", reason="why").status_code == 409
    assert anna.send("/dead-letters/retry", reason="why", id=999999).status_code == 409
    assert anna.send("/dead-letters/retry", reason="why", id="1; drop table").status_code == 400
    assert anna.get("/dead-letters/retry").status_code == 404
    assert anna.send("/", reason="why").status_code == 405
    assert site.interventions() == before


def test_a_value_that_no_database_could_hold_is_no_fault(site: Site, anna: Browser):
    for path in ("/trace?key=a%00b", "/dead-letters?key=a%00b", "/dead-letters?flow=%00"):
        assert anna.get(path).status_code == 400, path
    letter = site.facts["letters"]["B-2"]
    answer = anna.send(f"/dead-letters/{letter}/repair", reason="why", column__note="a\x00b")
    assert answer.status_code == 400
    assert site.letter(letter)["status"] == "open"


def test_while_the_warehouse_is_down_pages_say_so_and_keep_its_secrets(outbound: Outbound):
    nowhere = warehouse_nowhere()
    host = replace(
        with_reading(site_host(outbound), nowhere),
        workspace=lambda: replace(outbound.workspace, warehouse=nowhere),
    )
    with serving(host) as address, Site(address, outbound).browser(ANNA) as anna:
        for path in READING:
            answer = anna.get(path)
            assert answer.status_code == 503, path
            assert "The warehouse does not answer" in answer.text
            assert "warehouse_db_reader" in answer.text
            assert not any(secret in answer.text for secret in ("secret-word", "nobody", "127.0.0.1"))
        assert anna.get("/runbooks/push_stock_to_shopify").status_code == 200
        assert anna.get("/files/seams.css").status_code == 200


def test_an_intervention_while_the_warehouse_is_down_is_not_done_and_says_so(outbound: Outbound):
    lost = replace(outbound.workspace, warehouse=warehouse_nowhere())
    host = site_host(outbound, workspace=lambda: lost)
    with serving(host) as address, Site(address, outbound).browser(ANNA) as anna:
        token = _token_of(host)
        for path in (
            "/dead-letters/retry",
            "/dead-letters/1/repair",
            "/gates/1/open",
            "/publications/1/open",
        ):
            answer = anna.send(path, token=token, reason="why", id=1)
            assert answer.status_code == 503, path
            assert "Nothing was changed" in answer.text
            assert "secret-word" not in answer.text


def test_a_warehouse_without_its_tables_is_told_from_one_that_is_down(quiet_site: Site):
    quiet_site.outbound.database.execute("drop table dead_letter.letters cascade")
    with quiet_site.browser(ANNA) as anna:
        answer = anna.get("/dead-letters")
    assert answer.status_code == 503
    assert "Run migrate_warehouse" in answer.text


def test_a_connection_that_is_not_set_up_is_named(outbound: Outbound):
    def missing() -> str:
        raise Misconfigured("Airflow has no connection warehouse_db_reader.")

    host = replace(site_host(outbound), reading=missing)
    with serving(host) as address, Site(address, outbound).browser(ANNA) as anna:
        answer = anna.get("/")
    assert answer.status_code == 503
    assert "no connection warehouse_db_reader" in answer.text


def test_a_fault_of_a_page_shows_nothing_of_its_inside(outbound: Outbound):
    def broken() -> str:
        raise RuntimeError(f"secret-word {NASTY}")

    host = replace(site_host(outbound), reading=broken)
    with serving(host) as address, Site(address, outbound).browser(ANNA) as anna:
        answer = anna.get("/")
    assert answer.status_code == 500
    assert "This page has a fault" in answer.text
    assert "secret-word" not in answer.text
    assert str(escape(NASTY)) not in answer.text


def _token_of(host: Host) -> str:
    """A form's token, made as the pages make it."""
    return URLSafeTimedSerializer(host.secret(), salt="form of the seam pages").dumps(ANNA)
