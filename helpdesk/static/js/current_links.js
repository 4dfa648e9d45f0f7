// Rows and columns of links that scroll by themselves begin where the link of the present page is seen.
import { onContent } from "./dom.js";

const middleOf = (element) => {
  const { left, width } = element.getBoundingClientRect();
  return left + width / 2;
};

onContent((query) => {
  for (const link of query(":is(.site-nav, .side-nav, .tabs) > [aria-current]")) {
    const row = link.parentElement;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft += middleOf(link) - middleOf(row);
    row.scrollTop = link.offsetTop - row.clientHeight / 2; // where it is a column, which has its own offsets
  }
});
