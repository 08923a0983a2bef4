"""A real Chromium without a window or a network, driven through WebDriver, which is JSON over HTTP."""

import base64
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
ARGUMENTS += [
    "--proxy-server=127.0.0.1:9",
    "--force-device-scale-factor=1",
]  # of this machine's own addresses no proxy is asked
OFFLINE = ["--host-resolver-rules=MAP * ~NOTFOUND"]
KEYS = {"tab": "\ue004", "right": "\ue014", "left": "\ue012", "space": "\ue00d", "enter": "\ue007"}  # of WebDriver
MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]


class Browser:
    """One page at a time. `profile`: an empty folder for what Chromium leaves; not `offline`: servers here are reached."""

    def __init__(self, profile: Path, *, offline: bool = True) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["chromedriver", f"--port={port}", f"--log-path={profile / 'driver.log'}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.address = f"http://127.0.0.1:{port}"
        patience = time.monotonic() + 30
        while not self._is_ready():
            assert time.monotonic() < patience, "chromedriver does not answer"
            time.sleep(0.05)
        options = {
            "binary": shutil.which("chromium"),
            "args": [*ARGUMENTS, *OFFLINE * offline, f"--user-data-dir={profile / 'user'}"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.address += f"/session/{session['sessionId']}"

    def open(self, page: Path, width: int, height: int = 900) -> None:
        """Load `page` in a window of `width` pixels and wait until its figures are drawn."""
        self.visit(page.resolve().as_uri(), width, height)
        self._call("POST", "/execute/async", {"script": "window.drawn.then(arguments[0])", "args": []})

    def visit(self, address: str, width: int, height: int) -> None:
        """Load the page at `address`, whose own requests may go on."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": size})
        self._call("POST", "/url", {"url": address})

    def ask(self, script: str, *arguments: Any) -> Any:
        """What the body of a JavaScript function returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def hover(self, x: float, y: float) -> None:
        """Move the mouse there, in pixels of the window."""
        moves = [{"type": "pointerMove", "duration": 20, "x": round(x) + step, "y": round(y)} for step in (-4, 0)]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        self._call("POST", "/actions", {"actions": [mouse]})

    def press(self, *keys: str) -> None:
        """Press keys, one after another, by their names in KEYS or as the sign that they write."""
        strokes = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def prefer(self, scheme: str) -> None:
        """Be one whose pages are "light" or "dark"."""
        wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self._call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": wanted})

    def messages(self) -> list[str]:
        """What has come to the console since it was last asked."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path: Path, *, whole: bool = True) -> None:
        """The page as a PNG; not `whole`: what the window shows of it, which no page draws anew for this."""
        size = self.ask("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        beyond = {"captureBeyondViewport": True, "clip": clip} if whole else {}
        wanted = {"cmd": "Page.captureScreenshot", "params": beyond}
        path.write_bytes(base64.b64decode(self._call("POST", "/goog/cdp/execute", wanted)["data"]))

    def close(self) -> None:
        """End Chromium, then its driver."""
        try:
            self._call("DELETE", "", None)
        finally:
            self.process.terminate()
            self.process.wait(30)

    def _is_ready(self) -> bool:
        try:
            return bool(self._call("GET", "/status", None)["ready"])
        except OSError:
            return False

    def _call(self, method: str, path: str, content: Any) -> Any:
        body = None if content is None else json.dumps(content).encode()
        with urlopen(Request(f"{self.address}{path}", body, method=method), timeout=60) as answer:
            return json.load(answer)["value"]
