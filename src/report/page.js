"use strict";
// Draws the figures; on a touch screen a finger scrolls the page, it does not zoom.
const figures = JSON.parse(document.getElementById("figures").textContent);
const touch = window.matchMedia("(pointer: coarse)").matches;
const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] };
window.drawn = Promise.all(figures.map((figure, place) => {
  if (touch) figure.layout.dragmode = false;
  return Plotly.newPlot(`figure-${place}`, figure.data, figure.layout, config);
}));
