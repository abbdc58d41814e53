"""Owns speaking the public API with nothing but the standard library: waits for the site, tries again, never gives up too early."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

PAUSE_S = 0.5


class Refused(Exception):
    """The site said no: status, kebab-case code, message, details, and when to come back if it says so."""

    def __init__(self, status: int, code: str, message: str, details: Any = None, retry_after: str | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.details = status, code, message, details
        self.retry_after = retry_after

    @property
    def pause_s(self) -> float:
        """How long to wait before trying again."""
        try:
            return min(60.0, max(PAUSE_S, float(self.retry_after or PAUSE_S)))
        except ValueError:
            return PAUSE_S


class Site:
    """A site, and who one is there once signed in. What fails in passing is tried again until the time is over."""

    def __init__(self, url: str, limit_s: float = 300.0) -> None:
        self._url = url.rstrip("/")
        self._limit_s = limit_s
        self._token = ""

    def until_ready(self) -> None:
        """Returns when the site takes work. Raises: TimeoutError."""
        end = time.monotonic() + self._limit_s
        while True:
            try:
                with urllib.request.urlopen(f"{self._url}/health/ready", timeout=5):
                    return
            except (OSError, http.client.HTTPException) as away:
                if time.monotonic() > end:
                    raise TimeoutError(f"{self._url} is not ready after {self._limit_s:g} s: {away}") from away
            time.sleep(PAUSE_S)

    def sign_in(self, username: str, password: str) -> None:
        """Signs in. Raises: `Refused` (``wrong-password``)."""
        self._token = self.ask("POST", "/session", {"username": username, "password": password})["token"]

    def upload(self, alias: str, package: bytes) -> Any:
        """Brings a package; the same one twice is one version. Raises: `Refused` (``package-refused`` with every finding)."""
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="alias"\r\n\r\n{alias}\r\n--{mark}\r\n'
        head += f'Content-Disposition: form-data; name="package"; filename="{alias}.zip"\r\nContent-Type: application/zip\r\n\r\n'
        body = head.encode() + package + f"\r\n--{mark}--\r\n".encode()
        return self._send("POST", "/problems", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})

    def submit(self, contest: str, problem: str, language: str, source: str, filename: str = "") -> str:
        """Hands in a program; its id. One key for every try, so that it is handed in once."""
        body = {"problem": problem, "language": language, "source": source, "filename": filename}
        key = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        return str(self._send("POST", f"/contests/{contest}/submissions", json.dumps(body).encode(), key)["id"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One call. Raises: `Refused`, TimeoutError."""
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, path, content, {"Content-Type": "application/json"} if content else {})

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        end = time.monotonic() + self._limit_s
        while True:
            pause_s = PAUSE_S
            try:
                return self._once(method, path, body, headers)
            except Refused as no:
                if no.status < 500 and no.status != 429:
                    raise
                why: Exception = no
                pause_s = no.pause_s
            except (OSError, http.client.HTTPException) as away:
                why = away
            if time.monotonic() + pause_s > end:
                raise TimeoutError(f"{method} {path} got no answer in {self._limit_s:g} s: {why}") from why
            time.sleep(pause_s)

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        sent = {"Accept": "application/json", **headers}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(f"{self._url}/api/v1{path}", data=body, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                content = answer.read()
                return json.loads(content) if content else None
        except urllib.error.HTTPError as wrong:
            with wrong:
                content = wrong.read()
            raise _refused(wrong.code, content, wrong.headers.get("Retry-After")) from wrong


def _refused(status: int, content: bytes, retry_after: str | None) -> Refused:
    try:
        error = json.loads(content)["error"]
        return Refused(status, error["code"], error["message"], error.get("details"), retry_after)
    except (ValueError, KeyError, TypeError):
        return Refused(status, "no-json", content[:200].decode(errors="replace"), retry_after=retry_after)
