"""The door: who comes in, and which forms are done."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute
from itsdangerous import URLSafeTimedSerializer
from seam_site import ANNA, BERT, COOKIE, SIGN_IN, STRANGER, VICTOR, Browser, Site, serving, site_host
from starlette.requests import Request
from storefront import Outbound

from include.pages import entrance
from include.pages.application import application
from include.pages.host import Host

WHY = "Confirmed by phone"


def routes(host: Host) -> Iterator[tuple[str, str]]:
    """Every method and address of the pages."""
    for route in application(host).routes:
        assert isinstance(route, APIRoute), f"{route} has no door"
        for method in route.methods:
            yield method, re.sub(r"\{\w+\}", "1", route.path)


def deeds(site: Site) -> list[tuple[str, dict[str, object]]]:
    """Every form that there is, as it would be done."""
    letter = site.facts["letters"]["B-2"]
    return [
        ("/dead-letters/retry", {"id": letter}),
        ("/dead-letters/suppress", {"id": letter}),
        ("/dead-letters/escalate", {"id": letter, "to": "pricing"}),
        (f"/dead-letters/{letter}/repair", {"column__price": "3.00"}),
        (f"/gates/{site.facts['held']}/open", {}),
        (f"/publications/{site.facts['publication']}/open", {}),
    ]


def nothing_was_done(site: Site) -> bool:
    """Whether the warehouse is as it was filled."""
    held, publication = site.facts["held"], site.facts["publication"]
    batch = site.outbound.database.value("select status from gate.batches where batch_id = %s", held)
    shown = site.outbound.database.value(
        "select status from seam.publications where publication_id = %s", publication
    )
    letters = {letter["status"] for letter in site.outbound.letters()}
    return (batch, shown, letters, site.interventions()) == ("shut", "shut", {"open"}, [])


def test_no_route_is_open_to_somebody_who_has_not_signed_in(quiet_site: Site):
    known = list(routes(site_host(quiet_site.outbound)))
    assert len(known) > 15
    with quiet_site.browser() as nobody:
        for method, path in known:
            answer = nobody.http.request(method, path)
            assert answer.status_code == (303 if method == "GET" else 401), (method, path)
            assert "Dead letters" not in answer.text or "Please sign in" in answer.text


def test_no_route_is_open_to_somebody_who_may_not_look(quiet_site: Site):
    with quiet_site.browser(STRANGER) as stranger:
        for method, path in routes(site_host(quiet_site.outbound)):
            assert stranger.http.request(method, path).status_code == 403, (method, path)


def test_a_person_is_led_to_the_login_and_back(quiet_site: Site):
    with quiet_site.browser() as nobody:
        answer = nobody.get("/dead-letters?flow=a")
    assert answer.headers["location"] == f"{SIGN_IN}?next={quiet_site.address}/dead-letters?flow=a"


def test_a_frame_shows_that_the_login_is_over_and_leads_nowhere(quiet_site: Site):
    with quiet_site.browser() as nobody:
        answer = nobody.get("/", **{"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 401
    assert "Please sign in" in answer.text
    assert "location" not in answer.headers


def test_a_viewer_sees_everything_and_may_do_nothing(site: Site, anna: Browser):
    stolen = anna.token()
    with site.browser(VICTOR) as victor:
        for path in (
            "/dead-letters",
            f"/dead-letters/{site.facts['letters']['B-2']}",
            f"/gates/{site.facts['held']}",
        ):
            shown = victor.get(path)
            assert shown.status_code == 200
            assert "Interventions need the rights of an operator" in shown.text
            assert not re.search(r'name="token" value="[^"]', shown.text)
            assert 'type="checkbox"' not in shown.text
        for path, fields in deeds(site):
            answer = victor.send(path, token=stolen, reason=WHY, **fields)
            assert answer.status_code == 403
            assert "rights of an operator" in answer.text
    assert nothing_was_done(site)


def test_a_form_of_another_site_does_nothing(site: Site, anna: Browser):
    token = anna.token()
    foreign = (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{site.origin}.evil.example"},
        {},
        {"Origin": site.origin, "Sec-Fetch-Site": "cross-site"},
        {"Origin": site.origin, "Sec-Fetch-Site": "same-site"},
        {"Origin": site.origin, "Sec-Fetch-Site": "none"},
    )
    for path, fields in deeds(site):
        content = {name.replace("__", ":"): value for name, value in fields.items()}
        for headers in foreign:
            answer = anna.http.post(path, data={"token": token, "reason": WHY, **content}, headers=headers)
            assert answer.status_code == 403, (path, headers)
            assert "sent from another site" in answer.text
    assert nothing_was_done(site)


def test_a_form_counts_if_the_browser_says_that_it_comes_from_here(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    answer = anna.http.post(
        "/dead-letters/suppress",
        data={"token": anna.token(), "reason": WHY, "id": letter},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303
    assert site.letter(letter)["status"] == "suppressed"


def test_behind_a_proxy_the_address_from_outside_counts_as_here(site: Site):
    host = site_host(site.outbound, address="https://airflow.example/airflow")
    with serving(host) as address, Site(address, site.outbound, site.facts).browser(ANNA) as anna:
        letter = site.facts["letters"]["B-2"]
        fields = {"id": letter, "reason": WHY}
        assert (
            anna.send("/dead-letters/suppress", origin="https://other.example", **fields).status_code == 403
        )
        assert (
            anna.send("/dead-letters/suppress", origin="https://airflow.example", **fields).status_code == 303
        )


def test_a_form_without_a_token_of_this_very_person_does_nothing(
    site: Site, anna: Browser, monkeypatch: pytest.MonkeyPatch
):
    with site.browser(BERT) as bert:
        of_bert = bert.token()
    forged = URLSafeTimedSerializer("another secret", salt="form of the seam pages").dumps(ANNA)
    of_another_use = URLSafeTimedSerializer("a secret of the tests", salt="session").dumps(ANNA)
    own = anna.token()
    for path, fields in deeds(site):
        for token in ("", "nonsense", of_bert, forged, of_another_use, own[:-1]):
            answer = anna.send(path, token=token, reason=WHY, **fields)
            assert answer.status_code == 403, (path, token)
            assert "too old or not yours" in answer.text
    monkeypatch.setattr(entrance, "TOKEN_SECONDS", -1)
    assert anna.send("/dead-letters/retry", token=own, reason=WHY, id=1).status_code == 403
    assert nothing_was_done(site)


def test_an_intervention_needs_a_reason(site: Site, anna: Browser):
    for path, fields in deeds(site):
        for reason in ("", "  \r\n ", "\x00"):
            answer = anna.send(path, reason=reason, **fields)
            assert answer.status_code == 400, path
            assert "Say why" in answer.text
    assert nothing_was_done(site)


def test_a_reason_is_kept_as_it_was_written_but_not_without_end(site: Site, anna: Browser):
    letter = site.facts["letters"]["B-2"]
    anna.send("/dead-letters/suppress", id=letter, reason="First line\r\nsecond\x00 line " + "x" * 5_000)
    ((_, _, person, reason),) = site.interventions()
    assert person == ANNA
    assert reason.startswith("First line\nsecond line xxx")
    assert len(reason) == entrance.LONGEST_REASON


def test_a_form_of_unknown_length_is_not_read(quiet_site: Site):
    with quiet_site.browser(ANNA) as anna:
        answer = anna.http.post(
            "/dead-letters/retry",
            content=iter([b"token=", b"x"]),
            headers={"Origin": quiet_site.origin, "Content-Type": "application/x-www-form-urlencoded"},
        )
    assert answer.status_code == 411


def test_a_form_of_absurd_length_is_refused_before_it_is_sent(quiet_site: Site):
    address = urlsplit(quiet_site.address)
    line = http.client.HTTPConnection(address.netloc, timeout=10)
    line.putrequest("POST", "/seams/dead-letters/retry")
    for name, value in (
        ("Cookie", f"{COOKIE}={ANNA}"),
        ("Origin", quiet_site.origin),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Length", str(entrance.MOST_FORM_BYTES + 1)),
    ):
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    assert answer.status == 413
    assert b"dead-letters repair --record" in answer.read()
    line.close()


def test_files_and_countless_fields_are_not_taken(quiet_site: Site):
    origin = {"Origin": quiet_site.origin}
    many = {f"id{number}": "1" for number in range(entrance.MOST_FIELDS + 1)}
    with quiet_site.browser(ANNA) as anna:
        with_file = anna.http.post("/dead-letters/retry", files={"reason": ("a.txt", b"x")}, headers=origin)
        with_many = anna.http.post("/dead-letters/retry", data=many, headers=origin)
    assert (with_file.status_code, with_many.status_code) == (400, 400)
    assert quiet_site.interventions() == []


def test_the_person_of_a_request_is_asked_for_once(outbound: Outbound):
    asked = []
    host = site_host(outbound)

    async def visitor(request: Request):
        asked.append(request.url.path)
        return await host.visitor(request)

    with (
        serving(replace(host, visitor=visitor)) as address,
        Site(address, outbound).browser(ANNA) as anna,
    ):
        assert anna.get("/dead-letters").status_code == 200
    assert asked == ["/seams/dead-letters"]
