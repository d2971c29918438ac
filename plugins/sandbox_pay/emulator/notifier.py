"""Tells the shop what happened, again and again until it answers 200."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx

from shop_plugins.sandbox_pay import signing
from shop_plugins.sandbox_pay.emulator.bank import Bank, Row
from shop_plugins.sandbox_pay.settings import NAME

log = logging.getLogger("sandbox_pay")
LOOK = 0.25
"""seconds between two looks for what is due"""


class Notifier:
    """`accounts` have the key of their notices; `shop_url` is where the shop listens."""

    def __init__(self, accounts: Mapping[str, Any], bank: Bank, shop_url: str) -> None:
        self.accounts, self.bank, self.shop_url = accounts, bank, shop_url
        self._client = httpx.Client(timeout=10, trust_env=False)
        self._pool = ThreadPoolExecutor(16, "notice")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is on its way arrives; the rest goes out after the next start."""
        self._stopping.set()
        self.bank.news.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def release(self, account: str, backwards: bool) -> list[str]:
        """Send what is held, one after another; what the shop answered to each."""
        held = self.bank.held(account)
        return [self._send(notice) for notice in (reversed(held) if backwards else held)]

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.bank.news.clear()
            for notice in self.bank.due():
                self._pool.submit(self._send, notice)
            self.bank.news.wait(LOOK)

    def _send(self, notice: Row) -> str:
        url = f"{self.shop_url}/api/v1/{notice['account']}/payments/{NAME}/notify"
        body = notice["body"].encode()
        try:
            answer = self._client.post(url, content=body, headers=self._headers(notice, url, body))
            said = str(answer.status_code)
        except httpx.HTTPError as error:
            said = f"{type(error).__name__}: {error}"
        self.bank.sent(notice, said)
        if said != "200":
            event = json.loads(notice["body"])["event"]
            log.warning("notice %s, try %d: %s", event, notice["tries"] + 1, said)
        return said

    def _headers(self, notice: Row, url: str, body: bytes) -> dict[str, str]:
        key = self.accounts[notice["account"]].notices
        if notice["signature"] == "wrong":
            key = "of somebody else"
        at = int(time.time()) - notice["old"]
        headers = signing.headers(key, "POST", urlsplit(url).path, body, at, notice["account"])
        if notice["signature"] == "none":
            del headers["X-Sandbox-Signature"]
        return headers
