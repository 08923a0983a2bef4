"""Figures as people read them."""


def rounded(value: float) -> str:
    """Four decimals, of what is a million or more four digits: a diverged loss has thirty.

    >>> rounded(0.25), rounded(1e30)
    ('0.2500', '1e+30')
    """
    return f"{value:.4f}" if not abs(value) >= 1e6 else f"{value:.4g}"
