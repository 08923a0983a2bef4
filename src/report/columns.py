"""By which columns of a table the best run decides."""

import plotly.graph_objects as go

from src.plots.style import BLUE, GREY
from src.report.frames import frame_of
from src.report.page import Section
from src.report.page_data import PageData
from src.report.predictions import Predictions
from src.report.style import Figure, drawn, shown

IMPORTANCE = "importance.csv"
DRAWN = 30
WORSE = {"auroc": "fall of AUROC", "rmse": "rise of RMSE (units of the target)"}


def columns(material: PageData, found: Predictions) -> Section | None:
    """How much worse the run is without what each column tells; None of data without named columns."""
    table = frame_of(material, IMPORTANCE, texts=("column", "metric"))
    if table is None:
        return None
    some, worse = table.head(DRAWN), WORSE[table["metric"].iloc[0]]
    hover = "%{y}<br>%{x:.4g} ± %{customdata:.2g}<extra></extra>"
    bars = go.Bar(
        x=some["importance"], y=[shown(name) for name in some["column"]], orientation="h", hovertemplate=hover
    )
    bars.update(customdata=some["sd"], marker={"color": BLUE}, showlegend=False)
    bars.update(error_x={"type": "data", "array": some["sd"], "color": GREY, "thickness": 1.5, "width": 3})
    plot = drawn([bars], worse, "", bargap=0.25)
    plot.update_yaxes(autorange="reversed", type="category", showgrid=False, ticks="", dtick=1)
    plot.add_vline(0, line={"color": GREY, "width": 1})
    caption = (
        f"Permutation importance on {table['n'].iloc[0]:,} rows of {found.split}: how much worse the run gets once a column's "
        "values stand in other rows, the mean of several orders ± their standard deviation. Columns that tell the same share "
        "what they are worth: each alone may seem to matter little."
    )
    rest = len(table) - len(some)
    more = [f"<p>{rest} more columns matter less and are not drawn.</p>"] * (rest > 0)
    figure = Figure("Importance of columns", caption, plot, height=110 + 22 * len(some), is_wide=True)
    return Section("columns", "What each column is worth", [figure, *more])
