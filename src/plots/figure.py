"""Matplotlib's figure, which a notebook shows by itself."""

import io

import matplotlib.figure


class Figure(matplotlib.figure.Figure):
    """As Matplotlib's, of no window: a cell of a notebook that ends with it shows it."""

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", dpi=100)
        return drawn.getvalue()
