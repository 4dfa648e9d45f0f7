// "5 min ago" goes on while the page is open. The words are those of the template filter `format_time_ago`.
// Who has saved no time zone reads exact times on the clock of this device.
import { onContent, queryAll } from "./dom.js";
import { _ } from "./sentences.js";

const UPDATE_MS = 30000;
const HOUR = 60;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const LANGUAGE = document.documentElement.lang || "en";
const RELATIVE = LANGUAGE === "en" ? undefined : new Intl.RelativeTimeFormat(LANGUAGE, { style: "short" });

// Undefined from a week on: the server has written the date.
const timeAgo = (moment) => {
  const minutes = Math.floor((Date.now() - moment) / 60000);
  if (minutes < 1) return _("just now");
  if (minutes < HOUR) return inWords(minutes, "minute", "min");
  if (minutes < DAY) return inWords(Math.floor(minutes / HOUR), "hour", "h");
  if (minutes < WEEK) return inWords(Math.floor(minutes / DAY), "day", "d");
  return undefined;
};

// English has units of its own, every other language those of CLDR.
const inWords = (count, unit, short) => (RELATIVE ? RELATIVE.format(-count, unit) : `${count} ${short} ago`);

const exactTime = new Intl.DateTimeFormat(LANGUAGE, {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  ...(LANGUAGE === "en" && { hourCycle: "h23" }),
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
