// A chart is one stop of the Tab key (data-chart); arrow keys, Home and End go from value to value inside it.
const pointsOf = (chart) => [...chart.querySelectorAll(".point")];

const moveTo = (points, place) => {
  const chosen = points[Math.min(Math.max(place, 0), points.length - 1)];
  for (const point of points) point.setAttribute("tabindex", point === chosen ? "0" : "-1");
  return chosen;
};

function prepareCharts() {
  for (const chart of document.querySelectorAll("[data-chart]")) {
    const points = pointsOf(chart);
    if (points.length) moveTo(points, points.length - 1);
  }
}

document.addEventListener("keydown", (event) => {
  const point = event.target.closest?.("[data-chart] .point");
  if (!point || event.ctrlKey || event.metaKey || event.altKey) return;
  const points = pointsOf(point.closest("[data-chart]"));
  const place = points.indexOf(point);
  const next = {
    ArrowLeft: place - 1, ArrowUp: place - 1, ArrowRight: place + 1, ArrowDown: place + 1, Home: 0, End: points.length,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  moveTo(points, next).focus();
});

prepareCharts();
