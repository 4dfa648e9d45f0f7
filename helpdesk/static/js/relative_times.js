// "5 min ago" goes on while the page is open. The words are those of the template filter `format_time_ago`.
// Who has saved no time zone reads exact times on the clock of this device.
import { onContent, queryAll } from "./dom.js";

const UPDATE_MS = 30000;
const HOUR = 60;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

// Undefined from a week on: the server has written the date.
const timeAgo = (moment) => {
  const minutes = Math.floor((Date.now() - moment) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < HOUR) return `${minutes} min ago`;
  if (minutes < DAY) return `${Math.floor(minutes / HOUR)} h ago`;
  if (minutes < WEEK) return `${Math.floor(minutes / DAY)} d ago`;
  return undefined;
};

const exactTime = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

onContent((queryPart) => {
  if ("timeZone" in document.body.dataset) return;
  for (const time of queryPart("time[title]")) time.title = exactTime.format(Date.parse(time.dateTime));
});

setInterval(() => {
  for (const time of queryAll("time[data-ago]")) {
    const text = timeAgo(Date.parse(time.dateTime));
    if (text && text !== time.textContent) time.textContent = text;
  }
}, UPDATE_MS);
