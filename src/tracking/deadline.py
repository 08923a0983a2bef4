"""One deadline for each exchange with a server: a byte now and then would hold whoever waits for the answer for ever."""

import os
import threading
from concurrent.futures import Future
from functools import cache
from typing import Any

VARIABLE = "MLFLOW_HTTP_REQUEST_TIMEOUT"  # seconds between two bytes
TIMES = 2  # as long may an exchange take,
RATE = 100_000  # and a second for as many bytes that are sent


@cache
def impose_deadline() -> None:
    """Whatever asks a server by `requests` in this process gets a Timeout if the answer is not whole in time."""
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter
    from requests.exceptions import ReadTimeout

    send = HTTPAdapter.send

    def send_in_time(self: HTTPAdapter, request: PreparedRequest, stream: bool = False, **options: Any) -> Response:
        def exchange() -> Response:
            answer = send(self, request, stream=stream, **options)
            if not stream:
                answer.content  # noqa: B018  its bytes are read here
            return answer

        seconds = _seconds(request)
        try:
            return within(seconds, exchange)
        except TimeoutError:
            raise ReadTimeout(f"no whole answer in {seconds:.0f} s", request=request) from None

    HTTPAdapter.send = send_in_time  # type: ignore[method-assign,assignment]


def within(seconds: float, call: Any) -> Any:
    """What `call` gives; TimeoutError if it takes longer. It is left alone then, and ends with the process at the latest."""
    answer: Future[Any] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return answer.result(seconds)


def _seconds(request: Any) -> float:
    sent = int(request.headers.get("Content-Length") or 0)
    return TIMES * float(os.environ[VARIABLE]) + sent / RATE
