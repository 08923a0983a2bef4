"""Figures as people read them."""

import re

FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+(?=e))(e[-+]?\d+)?", re.IGNORECASE)
LONG = 8  # signs


def rounded(value: float) -> str:
    """Four decimals, of what is a million or more four digits: a diverged loss has thirty.

    >>> rounded(0.25), rounded(1e30)
    ('0.2500', '1e+30')
    """
    return f"{value:.4f}" if not abs(value) >= 1e6 else f"{value:.4g}"


def short(text: str) -> str:
    """A float of many digits, as a search draws them, by four; a whole number, which may be a date, and a text as they are.

    >>> short("0.0012345678"), short("20240101"), short("v1.0")
    ('0.001235', '20240101', 'v1.0')
    """
    return f"{float(text):.4g}" if len(text) >= LONG and FLOAT.fullmatch(text) else text
