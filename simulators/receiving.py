"""What the partners who receive share: proof of the sender, repeats, and bad days on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from . import signing
from .partner import Answer, ControlError

# What a partner may do to a request on demand, besides handling it.
MODES = ("normal", "fail_503", "timeout", "throttle_429", "reject_422", "gone_410")
_HANGS_SECONDS = 40.0
_REMEMBERED = 1_000


@dataclass
class Received:
    """One request as it came, for whoever wants to look."""

    webhook_id: str
    at: float
    status: int
    repeated: bool
    why: str = ""


class Reception:
    """Verifies Standard Webhooks, answers a repeat as the first time, and has modes.

    :param handle: makes the answer for a new, authentic document
    """

    def __init__(self, secret: str, handle: Callable[[dict[str, Any], str], Answer]) -> None:
        self.secret, self.handle = secret, handle
        self.mode, self.retry_after, self.left = "normal", 5, 0
        self._answers: dict[str, Answer] = {}
        self._log: list[Received] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        troubled = self._troubled()
        if troubled is not None:
            return self._noted("", troubled, why=self.mode)
        try:
            webhook_id = signing.check_standard_webhooks(body, headers, self.secret)
        except signing.NotAuthentic as error:
            return self._noted("", Answer(401, {"error": str(error)}), why=str(error))
        with self._lock:
            known = self._answers.get(webhook_id)
        if known is not None:
            return self._noted(webhook_id, known, repeated=True)
        try:
            document = json.loads(body)
            answer = self.handle(document, webhook_id)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            answer = Answer(422, {"error": f"{type(error).__name__}: {error}"})
        if answer.status < 300:
            with self._lock:
                self._answers[webhook_id] = answer
                if len(self._answers) > _REMEMBERED:
                    del self._answers[next(iter(self._answers))]
        return self._noted(webhook_id, answer, why=str(answer.document.get("error", "")))

    def set_mode(self, mode: str, *, retry_after: int = 5, count: int = 0) -> dict[str, Any]:
        """Behave so for the next ``count`` requests, or until told otherwise (0)."""
        if mode not in MODES:
            raise ControlError(f"the modes are {', '.join(MODES)}")
        with self._lock:
            self.mode, self.retry_after, self.left = mode, retry_after, count
        return {"mode": mode, "retry_after": retry_after, "count": count}

    def shown(self) -> dict[str, Any]:
        with self._lock:
            return {"mode": self.mode, "received": [asdict(entry) for entry in self._log]}

    def stop(self) -> None:
        self._stopping.set()

    def _troubled(self) -> Answer | None:
        """The answer of a bad day; None on a good one."""
        with self._lock:
            mode, retry_after = self.mode, str(self.retry_after)
            if mode != "normal" and self.left:
                self.left -= 1
                if not self.left:
                    self.mode = "normal"
        if mode == "timeout":
            self._stopping.wait(_HANGS_SECONDS)
        return {
            "normal": None,
            "timeout": Answer(504, {"error": "too late"}),
            "fail_503": Answer(503, {"error": "maintenance"}),
            "throttle_429": Answer(429, {"error": "too many requests"}, {"Retry-After": retry_after}),
            "reject_422": Answer(422, {"error": "the document is not acceptable"}),
            "gone_410": Answer(410, {"error": "this address is closed"}),
        }[mode]

    def _noted(self, webhook_id: str, answer: Answer, *, repeated: bool = False, why: str = "") -> Answer:
        with self._lock:
            self._log.append(Received(webhook_id, time.time(), answer.status, repeated, why))
            del self._log[:-_REMEMBERED]
        return answer
