"""The emulator as a process under test."""

import subprocess
import time

import httpx


class Emulator:
    """`with Emulator(live):` runs it for the shop.toml of `live` until the block ends."""

    def __init__(self, live):
        self.live, self.process = live, None
        self.place = live.folder / "sandbox_pay" / "address"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.place.unlink(missing_ok=True)
        words = ("sandbox-pay", "serve", "--port", "0", "--shop", self.live.address)
        with (self.live.folder / "emulator.log").open("ab") as log:
            self.process = subprocess.Popen(self.live.command(*words), stdout=log, stderr=log)
        for _ in range(600):
            if self.place.exists():
                break
            assert self.process.poll() is None, self.output()
            time.sleep(0.05)
        self.address = self.place.read_text().strip()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(180) == 0, self.output()

    def output(self):
        return (self.live.folder / "emulator.log").read_text("utf-8", "replace")

    def fault(self, **faults):
        """From now on; without any it does right again."""
        answer = httpx.put(f"{self.address}/control/orchard/faults", json=faults)
        assert answer.status_code == 200, answer.text

    def control(self, what, **body):
        answer = httpx.post(f"{self.address}/control/orchard/{what}", json=body, timeout=180)
        assert answer.is_success, answer.text
        return answer.json()

    def pay(self, payment, **form):
        """As a person does on the page of a payment that the shop has begun."""
        answer = httpx.post(payment["data"]["pay_url"], data={"action": "pay", **form})
        assert answer.status_code == 303, answer.text

    def knows(self):
        """{payments, refunds, notices, faults}"""
        return httpx.get(f"{self.address}/control/orchard/").json()

    def answers(self):
        """What the shop answered to each notice, "" while it has not been sent."""
        return [notice["answer"] for notice in self.knows()["notices"]]
