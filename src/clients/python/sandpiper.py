"""Client of a Sandpiper service: runs, workloads and typed jobs, with the standard library alone."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import random
import tarfile
import tempfile
import time
import urllib.parse
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Callable, Iterator, Mapping, Optional, Sequence, Union

__all__ = ["Client", "Jobs", "LogRecord", "Result", "SandpiperError", "Workload"]

Json = dict[str, Any]
Content = Union[str, bytes, Path]
Progress = Callable[[int, int], None]

_BLOCK_BYTES = 64 * 1024
_LONGEST_WAIT_SECONDS = 60
_MOST_CUTS = 20
_PROBLEM = "urn:sandpiper:error:"


class SandpiperError(Exception):
    """A refusal of the service, or none of its answers. `code` is the service's, or `unreachable`,
    `unexpected_answer` or `timed_out`; `status` is 0 where there was no answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str,
        details: Sequence[Any] = (),
        retry_after_seconds: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = list(details)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class LogRecord:
    """One piece of output; `seq` counts from 1 without gaps, `at` is in epoch milliseconds."""

    seq: int
    at: int
    stream: str
    data: str


@dataclass(frozen=True)
class Result:
    """What a run printed and made; `exit_code` is None where it was killed, and `report` says why."""

    id: str
    exit_code: Optional[int]
    stdout: str
    stderr: str
    outputs: list[str]
    report: Json


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _json_in(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _error_of(status: int, headers: Mapping[str, str], text: bytes) -> SandpiperError:
    body = _json_in(text)
    waits = headers.get("retry-after", "")
    known: Json = {"status": status, "retry_after_seconds": int(waits) if waits.isdigit() else None}
    if not isinstance(body, dict):
        message = f"The answer has status {status} and is not one of this service's"
        return SandpiperError(message, code="unexpected_answer", **known)
    kind = body.get("type")
    if isinstance(kind, str) and kind.startswith(_PROBLEM):
        return SandpiperError(
            str(body.get("error")), code=kind[len(_PROBLEM) :], details=body.get("details", []), **known
        )
    message = str(body.get("message") or body.get("error") or f"The service answered with {status}")
    codes = {401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict", 413: "too_large"}
    code = codes.get(status, "rate_limited" if status == 429 else "invalid_request" if status < 500 else "internal")
    return SandpiperError(message, code=code, details=body.get("errors", []), **known)


class _Answer:
    """An answer of 2xx whose body is still to be read; closes its connection behind it."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def read(self) -> bytes:
        return self._response.read()

    def lines(self) -> Iterator[bytes]:
        return iter(self._response.readline, b"")

    def save(self, target: IO[bytes]) -> None:
        while block := self._response.read(_BLOCK_BYTES):
            target.write(block)


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: IO[bytes], total: int, on_progress: Optional[Progress]) -> None:
        self._file = file
        self._total = total
        self._sent = 0
        self._on_progress = on_progress

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(_BLOCK_BYTES if size < 0 else min(size, _BLOCK_BYTES))
        self._sent += len(block)
        if block and self._on_progress is not None:
            self._on_progress(self._sent, self._total)
        return block


@dataclass(frozen=True)
class _Body:
    """A request's body: a file from its beginning, of a known size."""

    file: IO[bytes]
    size: int
    content_type: str


def _send(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Optional[_Body] = None,
    on_progress: Optional[Progress] = None,
    timeout: float = 120,
) -> _Answer:
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    sent = dict(headers)
    data = None
    if body is not None:
        body.file.seek(0)
        sent.update({"Content-Type": body.content_type, "Content-Length": str(body.size)})
        data = _Counted(body.file, body.size, on_progress)
    try:
        connection.request(method, target, body=data, headers=sent)
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise SandpiperError("The service did not answer", code="unreachable") from error
    answer = _Answer(connection, response)
    if 200 <= answer.status < 300:
        return answer
    with answer:
        raise _error_of(answer.status, answer.headers, answer.read())


def _opened(content: Content) -> tuple[IO[bytes], int]:
    if isinstance(content, Path):
        return content.open("rb"), content.stat().st_size
    data = content.encode() if isinstance(content, str) else content
    return io.BytesIO(data), len(data)


def _json_body(value: object) -> _Body:
    file, size = _opened(json.dumps(value))
    return _Body(file, size, "application/json")


def _packed(folder: Path) -> IO[bytes]:
    """A tar.gz of what is in a folder."""
    file = tempfile.TemporaryFile()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for entry in sorted(folder.iterdir()):
            archive.add(entry, arcname=entry.name)
    return file


def _multipart(files: Mapping[str, Content], folder: Optional[Path], manifest: Json) -> _Body:
    boundary = f"sandpiper-{uuid.uuid4()}"
    body = tempfile.TemporaryFile()

    def part(disposition: str, file: IO[bytes]) -> None:
        body.write(f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode())
        while block := file.read(_BLOCK_BYTES):
            body.write(block)
        body.write(b"\r\n")

    part('name="manifest"', io.BytesIO(json.dumps(manifest).encode()))
    for name, content in files.items():
        escaped = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        file, _ = _opened(content)
        with file:
            part(f'name="files"; filename="{escaped}"', file)
    if folder is not None:
        with _packed(folder) as archive:
            archive.seek(0)
            part('name="files"; filename="project.tar.gz"', archive)
    body.write(f"--{boundary}--\r\n".encode())
    return _Body(body, body.tell(), f"multipart/form-data; boundary={boundary}")


def _pause(failures: int) -> None:
    time.sleep(min(10.0, 0.2 * 2.0 ** (failures - 1)) * random.uniform(0.5, 1.0))


def _until(ask: Callable[[int], Json], is_over: Callable[[Json], bool], timeout: float) -> Json:
    """Asks until something has ended; the service holds each answer back, so there is no polling."""
    deadline = time.monotonic() + timeout
    early = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise SandpiperError(f"It has not ended within {timeout} s", code="timed_out")
        seconds = min(_LONGEST_WAIT_SECONDS, int(left) + 1)
        asked = time.monotonic()
        answer = ask(seconds)
        if is_over(answer):
            return answer
        early = early + 1 if time.monotonic() - asked < seconds / 2 else 0
        if early:
            _pause(early)


class Client:
    """The runs of a service; `workload(path)` and `jobs` lead to its other faces."""

    def __init__(
        self, url: str, *, key: Optional[str] = None, headers: Optional[Mapping[str, str]] = None
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = dict(headers or {})
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"
        self.jobs = Jobs(self)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Optional[_Body] = None,
        headers: Optional[Mapping[str, str]] = None,
        on_progress: Optional[Progress] = None,
    ) -> _Answer:
        """Sends one request to the service and answers a 2xx. Raises SandpiperError for all others."""
        sent = {"Accept": "application/json", **self._headers, **(headers or {})}
        return _send(method, f"{self._url}{path}", sent, body, on_progress)

    def json(self, method: str, path: str, **options: Any) -> Json:
        """Sends one request and answers its JSON object."""
        with self.request(method, path, **options) as answer:
            value = _json_in(answer.read())
            if not isinstance(value, dict):
                message = "The answer does not have the form that this client knows"
                raise SandpiperError(message, status=answer.status, code="unexpected_answer")
            return value

    def submit(
        self,
        code: Optional[str] = None,
        *,
        files: Optional[Mapping[str, Content]] = None,
        folder: Union[str, Path, None] = None,
        idempotency_key: Optional[str] = None,
        on_progress: Optional[Progress] = None,
        **manifest: Any,
    ) -> str:
        """Submits a program as text, as files (a Path is read from disk), or as a folder; answers the
        run's id. What the manifest may say, such as `interpreter` or `outputs`, is passed by name."""
        if code is not None and files is None and folder is None:
            body = _json_body({"code": code, **manifest})
        elif code is None and (files or folder is not None):
            body = _multipart(files or {}, None if folder is None else Path(folder), manifest)
        else:
            raise TypeError("submit takes either code, or files and a folder")
        key = idempotency_key or str(uuid.uuid4())
        with body.file:
            answer = self.json(
                "POST", "/submit", body=body, headers={"Idempotency-Key": f'"{key}"'}, on_progress=on_progress
            )
        return str(answer["job_id"])

    def run(self, code: Optional[str] = None, *, timeout_seconds: float = 3600, **options: Any) -> Result:
        """Submits as `submit` does, waits for the end, and answers what was printed and made."""
        id = self.submit(code, **options)
        report = self.wait(id, timeout_seconds)
        printed = self.json("GET", f"/logs/{_quoted(id)}")
        outputs = sorted(report["output_files"])
        return Result(id, report["exit_code"], printed["stdout"], printed["stderr"], outputs, report)

    def status(self, id: str, *, wait_seconds: int = 0) -> Json:
        """The run's report, now or when it has ended within so many seconds (60 at most)."""
        headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
        return self.json("GET", f"/status/{_quoted(id)}", headers=headers)

    def wait(self, id: str, timeout_seconds: float = 3600) -> Json:
        """The report of the ended run, however it ended. Raises `timed_out`; the run goes on."""
        return _until(
            lambda seconds: self.status(id, wait_seconds=seconds),
            lambda report: report["status"] in ("completed", "failed"),
            timeout_seconds,
        )

    def cancel(self, id: str) -> Json:
        """Kills the program of a queued or running run; an ended one stays as it is."""
        return self.json("POST", f"/cancel/{_quoted(id)}")

    def runs(
        self,
        *,
        status: Optional[str] = None,
        since: Optional[str] = None,
        until: Optional[str] = None,
    ) -> Iterator[Json]:
        """The runs that the owner of the key made, newest first, read page by page as they are taken. `since`
        and `until` are instants such as `2026-11-27T10:00:00Z`."""
        query = {"status": status, "from": since, "to": until, "cursor": None}
        while True:
            given = {name: value for name, value in query.items() if value is not None}
            text = urllib.parse.urlencode(given)
            page = self.json("GET", f"/runs?{text}" if text else "/runs")
            yield from page["runs"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def repeat(self, id: str, *, idempotency_key: Optional[str] = None) -> str:
        """Runs a program of the key's owner again; answers the new run's id."""
        headers = {"Idempotency-Key": f'"{idempotency_key or uuid.uuid4()}"'}
        return str(self.json("POST", f"/runs/{_quoted(id)}/repeat", headers=headers)["job_id"])

    def usage(self) -> Json:
        """What the owner of the key used: of the quota now, in this hour and in this month."""
        return self.json("GET", "/usage")

    def logs(self, id: str, *, after: int = 0) -> Iterator[LogRecord]:
        """The log, live and behind the record with this number, until the run ends. A connection that is
        cut is opened again behind the last record: nothing is missed and nothing comes twice."""
        cuts = 0
        while True:
            try:
                for kind, data in self._events(id, after):
                    cuts = 0
                    if kind == "end":
                        return
                    if kind == "log" and data["seq"] > after:
                        after = data["seq"]
                        yield LogRecord(data["seq"], data["at"], data["stream"], data["data"])
            except (OSError, http.client.HTTPException) as error:
                cause: BaseException = error
            except SandpiperError as error:
                if error.status not in (0, 429, 502, 503, 504):
                    raise
                cause = error
            else:
                cause = EOFError("the events ended before the run")
            cuts += 1
            if cuts >= _MOST_CUTS:
                raise SandpiperError(f"The log was cut {cuts} times in a row", code="unreachable") from cause
            _pause(cuts)

    def _events(self, id: str, after: int) -> Iterator[tuple[str, Json]]:
        path = f"/logs/{_quoted(id)}/events?after={after}"
        with self.request("GET", path, headers={"Accept": "text/event-stream"}) as answer:
            kind = ""
            for line in answer.lines():
                text = line.decode().rstrip("\r\n")
                if text.startswith("event: "):
                    kind = text[len("event: ") :]
                elif text.startswith("data: "):
                    yield kind, json.loads(text[len("data: ") :])

    def outputs(self, id: str) -> Json:
        """The list of what the run made."""
        return self.json("GET", f"/outputs/{_quoted(id)}")

    def read(self, id: str, path: str) -> bytes:
        """One output file as a whole."""
        target = io.BytesIO()
        self._save(id, path, target)
        return target.getvalue()

    def download(self, id: str, path: str, to: Union[str, Path]) -> Path:
        """Writes one output file to a path; the file is whole or not there."""
        target = Path(to)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            with part.open("wb") as file:
                self._save(id, path, file)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def _save(self, id: str, path: str, file: IO[bytes]) -> None:
        encoded = "/".join(_quoted(part) for part in path.split("/"))
        with self.request("GET", f"/download/{_quoted(id)}/{encoded}", headers={"Accept": "*/*"}) as answer:
            answer.save(file)

    def workload(self, path: str) -> Workload:
        """The upload-first jobs of one path, such as `calculator/tax-pnl/securities`."""
        return Workload(self, path)


class Workload:
    """The jobs of one workload."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = f"/{path.strip('/')}"

    def _data(self, method: str, path: str, **options: Any) -> Json:
        data = self._client.json(method, f"{self._path}{path}", **options)["data"]
        return dict(data)

    def create(self, params: Optional[Mapping[str, Any]] = None, *, idempotency_key: Optional[str] = None) -> Json:
        """A new job, and in its `uploads` where its parts go."""
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return self._data("POST", "", body=_json_body(dict(params or {})), headers=headers)

    def upload(
        self, job: Json, parts: Mapping[str, Content], on_progress: Optional[Callable[[str, int, int], None]] = None
    ) -> None:
        """Puts parts straight into storage; the job starts once all that it needs are there."""
        for name, content in parts.items():
            upload = next((part for part in job["uploads"] if part["name"] == name), None)
            if upload is None:
                raise SandpiperError(f"The workload has no part {name}", code="not_found")
            self._put(upload, content, on_progress)

    def _put(
        self, upload: Json, content: Content, on_progress: Optional[Callable[[str, int, int], None]]
    ) -> None:
        def told(sent: int, total: int) -> None:
            if on_progress is not None:
                on_progress(upload["name"], sent, total)

        file, size = _opened(content)
        with file:
            kind = upload["headers"].get("Content-Type", "application/octet-stream")
            # The address is its own permission: the service's key does not go there.
            with _send("PUT", upload["url"], {}, _Body(file, size, kind), told) as answer:
                answer.read()

    def get(self, id: str, *, wait_seconds: int = 0) -> Json:
        """The job, now or when it has ended within so many seconds (60 at most)."""
        headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
        return self._data("GET", f"/{_quoted(id)}", headers=headers)

    def wait(self, id: str, timeout_seconds: float = 3600) -> Json:
        """The ended job, however it ended. Raises `timed_out`; the job goes on."""
        return _until(
            lambda seconds: self.get(id, wait_seconds=seconds),
            lambda job: job["status"] not in ("created", "queued", "in_progress"),
            timeout_seconds,
        )

    def cancel(self, id: str) -> Json:
        """Stops a job that has not ended."""
        return self._data("POST", f"/{_quoted(id)}/cancel", body=_json_body({}))

    def search(self, query: Optional[Mapping[str, Any]] = None) -> Json:
        """A page of the newest jobs that fit, in `items`."""
        return self._data("POST", "/search", body=_json_body(dict(query or {})))

    def read(self, id: str, name: Optional[str] = None) -> bytes:
        """An output, by its name or the first one, of a job that succeeded."""
        for output in self.get(id).get("outputs", []):
            if name in (None, output["name"]):
                with _send("GET", output["url"], {}) as answer:
                    return answer.read()
        raise SandpiperError(f"The job has no output {name or 'yet'}", code="not_found")


class Jobs:
    """Typed jobs, for those who ask for them and for those who do the work."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def login(self, password: str, username: str = "apibasicauthuser") -> None:
        """Sends these credentials with all further requests of the client."""
        pair = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._client._headers["Authorization"] = f"Basic {pair}"

    def create(self, payload: Mapping[str, Any], *, idempotency_key: Optional[str] = None) -> Json:
        """Registers a job; with a key it may be sent again and makes one job."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return self._client.json("POST", "/jobs", body=_json_body(dict(payload)), headers=headers)

    def get(self, id: str) -> Json:
        """The job as it is now."""
        return self._client.json("GET", f"/jobs/{_quoted(id)}")

    def list(self, **query: str) -> Iterator[Json]:
        """The jobs of a query, newest first, read page by page as they are taken."""
        text = urllib.parse.urlencode(query)
        while True:
            with self._client.request("GET", f"/jobs?{text}" if text else "/jobs") as answer:
                page = json.loads(answer.read())
                rest = answer.headers.get("x-next", "")
            yield from page["Jobs"]
            if not rest:
                return
            text = rest.partition("?")[2]

    def claim(self, *, stale_after_seconds: int = 300, wait_seconds: int = 0) -> Optional[Json]:
        """Takes the oldest job that waits, as `processing`; None when none does."""
        headers = {"Prefer": f"wait={wait_seconds}"} if wait_seconds else {}
        body = _json_body({"staleAfterSeconds": stale_after_seconds})
        with self._client.request("POST", "/jobs/claim", body=body, headers=headers) as answer:
            return None if answer.status == 204 else dict(json.loads(answer.read()))

    def set_status(
        self, id: str, status: str, *, errors: Sequence[str] = (), warnings: Sequence[str] = ()
    ) -> Json:
        """Sets the status and appends notes."""
        notes = {"errors": list(errors), "warnings": list(warnings)}
        return self._patch(id, {"status": status, **{name: texts for name, texts in notes.items() if texts}})

    def add_warnings(self, id: str, warnings: Sequence[str]) -> Json:
        """Appends warnings, leaves the status alone, and renews the lease of a claimed job."""
        return self._patch(id, {"warnings": list(warnings)})

    def submit_result(self, id: str, payload: Mapping[str, Any]) -> Json:
        """Completes the job."""
        return self._client.json("PUT", f"/jobs/{_quoted(id)}", body=_json_body(dict(payload)))

    def wait(self, id: str, timeout_seconds: float = 3600) -> Json:
        """The job once it is completed, in error or cancelled. Raises `timed_out`."""
        return _until(
            lambda _: self.get(id), lambda job: job["status"] in ("completed", "error", "cancelled"), timeout_seconds
        )

    def _patch(self, id: str, change: Json) -> Json:
        return self._client.json("PATCH", f"/jobs/{_quoted(id)}", body=_json_body(change))
