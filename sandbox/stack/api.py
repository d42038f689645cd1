"""A small client of Airflow's REST API for the demo and the end-to-end tests.

Source: Airflow 3.3, "Airflow REST API" (``/api/v2``); the token comes from POST /auth/token of the simple auth manager.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.stack.failures import StackFailure

PAGE = 100
Json = dict[str, Any]


@dataclass
class AirflowApi:
    """Airflow's REST API as one user sees it.

    Every method raises ``StackFailure`` with method, path, status and Airflow's own words when Airflow refuses,
    and when it does not answer. May be used from several threads.

    Attributes:
        url: the address of the api-server without a path, as ``http://127.0.0.1:8080``.
        username: a user of the simple auth manager.
        password: that user's password.
        timeout: seconds that one answer may take.
    """

    url: str
    username: str = "admin"
    password: str = field(default="admin", repr=False)
    timeout: float = 30.0
    _local: threading.local = field(default_factory=threading.local, init=False, repr=False)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            # The stack is on this machine: neither a proxy nor a .netrc has a say.
            self._local.session.trust_env = False
        return self._local.session

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        try:
            return self._session().request(method, f"{self.url}{path}", timeout=self.timeout, **content)
        except requests.RequestException as error:
            raise StackFailure(f"Airflow does not answer {method} {self.url}{path}: {error}") from error

    def _sign_in(self) -> None:
        login = {"username": self.username, "password": self.password}
        answer = _checked(self._send("POST", "/auth/token", json=login), "POST", "/auth/token")
        self._session().headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def request(self, method: str, path: str, **content: Any) -> Any:
        """One request below ``/api/v2``, signed in again where the token has expired; the answer's JSON, if any."""
        path = f"/api/v2{path}"
        if "Authorization" not in self._session().headers:
            self._sign_in()
        answer = self._send(method, path, **content)
        if answer.status_code == requests.codes.unauthorized:
            self._sign_in()
            answer = self._send(method, path, **content)
        _checked(answer, method, path)
        return answer.json() if answer.content else None

    def pages(self, path: str, member: str, **filters: Any) -> Iterator[Json]:
        """Every entry of a listing, page after page, in the order that Airflow gives."""
        offset = 0
        while True:
            answer = self.request("GET", path, params={**filters, "limit": PAGE, "offset": offset})
            yield from answer[member]
            offset += PAGE
            if offset >= answer["total_entries"]:
                return

    def health(self) -> Json:
        """``metadatabase``, ``scheduler``, ``triggerer``, ``dag_processor``: status and last heartbeat (UTC)."""
        answer = self._send("GET", "/api/v2/monitor/health")
        return _checked(answer, "GET", "/api/v2/monitor/health").json()

    def dags(self) -> list[Json]:
        """Every DAG that has been parsed."""
        return list(self.pages("/dags", "dags"))

    def import_errors(self) -> list[Json]:
        """Every DAG file that could not be parsed: ``filename``, ``stack_trace``."""
        return list(self.pages("/importErrors", "import_errors"))

    def unpause(self, dag_id: str) -> Json:
        """Let a DAG run."""
        return self.request("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def pause(self, dag_id: str) -> Json:
        """Start no new runs of a DAG."""
        return self.request("PATCH", f"/dags/{dag_id}", json={"is_paused": True})

    def trigger(self, dag_id: str, conf: Json | None = None, run_id: str | None = None) -> Json:
        """Start a run by hand with these parameters; the run that was made."""
        body: Json = {"logical_date": None, "conf": conf or {}}
        return self.request(
            "POST", f"/dags/{dag_id}/dagRuns", json=body | ({"dag_run_id": run_id} if run_id else {})
        )

    def dag_runs(self, dag_id: str = "~", **filters: Any) -> list[Json]:
        """The runs of a DAG, of all DAGs by default, narrowed by Airflow's own filters (``state=["failed"]``)."""
        return list(self.pages(f"/dags/{dag_id}/dagRuns", "dag_runs", **filters))

    def dag_run(self, dag_id: str, run_id: str) -> Json:
        """One run."""
        return self.request("GET", f"/dags/{dag_id}/dagRuns/{run_id}")

    def task_instances(self, dag_id: str = "~", run_id: str = "~", **filters: Any) -> list[Json]:
        """The task instances of a run; ``~`` stands for every DAG or run."""
        return list(self.pages(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances", **filters))

    def clear(
        self,
        dag_id: str,
        run_id: str,
        task_ids: Iterable[str] | None = None,
        *,
        only_failed: bool = False,
        downstream: bool = False,
    ) -> list[Json]:
        """Clear tasks of a run, all of them by default, so that they run again; the cleared task instances."""
        body: Json = {
            "dry_run": False,
            "dag_run_id": run_id,
            "only_failed": only_failed,
            "include_downstream": downstream,
            "reset_dag_runs": True,
        }
        if task_ids is not None:
            body["task_ids"] = list(task_ids)
        return self.request("POST", f"/dags/{dag_id}/clearTaskInstances", json=body)["task_instances"]

    def log_lines(
        self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1
    ) -> list[str]:
        """What a task wrote, one text per event."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        lines: list[str] = []
        more: Json = {}
        while True:
            answer = self.request("GET", path, params={"map_index": map_index, **more})
            lines += [event if isinstance(event, str) else str(event["event"]) for event in answer["content"]]
            more = {"token": answer["continuation_token"]}
            if not more["token"] or not answer["content"]:
                return lines

    def assets(self) -> list[Json]:
        """Every asset that a DAG names."""
        return list(self.pages("/assets", "assets"))

    def asset_events(self, **filters: Any) -> list[Json]:
        """What happened to assets, oldest first unless ``order_by`` says otherwise."""
        return list(self.pages("/assets/events", "asset_events", **filters))

    def pools(self) -> list[Json]:
        """Every pool with its slots."""
        return list(self.pages("/pools", "pools"))

    def set_pools(self, pools: Iterable[Json]) -> None:
        """Make pools, or bring those of the same name to these slots and descriptions.

        Args:
            pools: each with ``name``, ``slots``, ``description``, ``include_deferred``.
        """
        self._set("pools", pools)

    def set_connections(self, connections: Iterable[Json]) -> None:
        """Make connections, or bring those of the same id to these fields; Airflow keeps them encrypted.

        Args:
            connections: each with ``connection_id``, ``conn_type`` and what it needs; ``extra`` as JSON text.
        """
        self._set("connections", connections)

    def _set(self, kind: str, entities: Iterable[Json]) -> None:
        action = {"action": "create", "entities": list(entities), "action_on_existence": "overwrite"}
        answer = self.request("PATCH", f"/{kind}", json={"actions": [action]})
        errors = answer["create"]["errors"]
        if errors:
            raise StackFailure(f"Airflow did not accept all {kind}: {errors}")


def _checked(answer: requests.Response, method: str, path: str) -> requests.Response:
    if answer.ok:
        return answer
    try:
        words = answer.json().get("detail", answer.text)
    except (ValueError, AttributeError):
        words = answer.text
    raise StackFailure(f"Airflow refuses {method} {path} with {answer.status_code}: {str(words)[:500]}")
