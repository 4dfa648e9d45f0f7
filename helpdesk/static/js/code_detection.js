// Whether a text that somebody pastes is code, a log or the like, which Markdown would show otherwise than it is.
import {
  CHANGED_BY_MARKDOWN, CODE_LINES, COLUMNS_LINE, COMMENT_LINE, DIFF_HEAD, DIFF_LINE, ESCAPES,
  EXPRESSION, HEADS, INDENTED_LINE, KEY_LINE, LOG_LINES, MARKED_LINK, PATH_LINE, PROMPT_LINE,
  PROSE_WORD, SECTION_LINE, SHELL_LINES, SQL_LINES, SQL_TEXT, STATEMENT, STRONG, TECHNICAL_WORD,
  TRACE_LINES, URL_LINE, YAML_LINE
} from "./code_patterns.js";

const MAX_LINES = 400; // of a text that are looked at, and of each line so many characters
const MAX_LINE_LENGTH = 500;

const matchesAny = (several, line) => several.some((pattern) => pattern.test(line));
const countLines = (several, lines) => lines.filter((line) => matchesAny(several, line)).length;

// Text with fences or tables, or with the signs of a list or a heading in most lines, is Markdown already.
const FENCE_OR_TABLE = /^\s*(?:```|~~~|\|?\s*:?-{3,}:?\s*\|[\s|:-]*$)/m;
const MARKDOWN_LINE = /^\s{0,3}(?:[-*+] |\d{1,3}[.)] |#{1,6} |> )/;

// Every line has as many commas, semicolons or tabs as the first: a table as text.
const isDelimited = (lines) =>
  [/,(?! )/g, /;(?! )/g, /\t/g].some((sign) => {
    const count = (line) => (line.match(sign) || []).length;
    return lines.every((line) => count(line) === count(lines[0])) && count(lines[0]) >= (sign.source === "\\t" ? 1 : 2);
  });

// Lines that were added and removed, with or without the head that names their file.
const isDiff = (text, lines) =>
  DIFF_HEAD.test(text)
    ? countLines([DIFF_LINE], lines) >= 2
    : lines.every((line) => /^[-+ ]/.test(line)) && ["-", "+"].every((sign) => lines.some((line) => line[0] === sign));

// What curl prints of a request and its response: they differ by the sign before them.
const isExchange = (lines) => ["> ", "< "].every((sign) => lines.some((line) => line.startsWith(sign)));

const isCertainLine = (line) => PROMPT_LINE.test(line) || matchesAny([...LOG_LINES, ...TRACE_LINES], line);
const isChanged = (line) => CHANGED_BY_MARKDOWN.test(line);

// Half of its words stand in programs, paths and commands only; marked links and code are Markdown already.
const isTechnical = (line) => {
  const words = line.replace(/`[^`]*`/g, "").trim().split(/\s+/);
  const technical = words.filter((word) => TECHNICAL_WORD.test(word) && !PROSE_WORD.test(word));
  return !MARKED_LINK.test(line) && technical.length * 2 >= words.length;
};

// A single line is code only where Markdown would change it, or where its kind is certain.
const isSingleCode = (line) =>
  (PATH_LINE.test(line) && /[\\_*]/.test(line)) ||
  matchesAny([ESCAPES, STATEMENT], line) ||
  matchesAny([...LOG_LINES, ...TRACE_LINES, ...SHELL_LINES], line) ||
  (isChanged(line) &&
    (matchesAny([EXPRESSION, /^=\S/, ...SQL_LINES, ...CODE_LINES], line) || isTechnical(line)));

const isCodeByLines = (lines) => {
  const strong = countLines(STRONG, lines);
  if (countLines(TRACE_LINES, lines) && strong >= 2) return true;
  if (lines.some(isCertainLine) && strong * 2 >= lines.length) return true;
  const weak = countLines([KEY_LINE, SECTION_LINE, YAML_LINE, INDENTED_LINE], lines);
  const comments = countLines([COMMENT_LINE], lines);
  if (strong * 2 > lines.length || (strong >= 1 && (strong + weak + comments) * 5 >= lines.length * 4)) return true;
  return weak === lines.length && lines.some((line) => line.includes("=") || /^\s/.test(line));
};

export const looksLikeCode = (text) => {
  const filled = text.split(/\r?\n/).filter((line) => line.trim());
  const lines = filled.slice(0, MAX_LINES).map((line) => line.slice(0, MAX_LINE_LENGTH));
  if (!lines.length || FENCE_OR_TABLE.test(text) || lines.every((line) => URL_LINE.test(line))) return false;
  const isSingle = lines.length === 1;
  const isKnown = !isSingle && (matchesAny(HEADS, text.trimStart()) || isDiff(text, lines));
  if (isKnown || isExchange(lines)) return true;
  if (countLines([MARKDOWN_LINE], lines) * 2 > lines.length) return countLines(CODE_LINES, lines) * 2 > lines.length;
  if (isSingle) return isSingleCode(lines[0]);
  if (isDelimited(lines) || SQL_TEXT.test(lines.slice(0, 40).join("\n")) || isCodeByLines(lines)) return true;
  const columns = countLines([COLUMNS_LINE], lines);
  if (columns >= 2 && columns * 2 > lines.length) return true;
  return lines.some(isChanged) && lines.filter(isTechnical).length * 2 >= lines.length;
};

// A fence that is longer than any in the text.
export const codeBlock = (text) => {
  const longest = Math.max(2, ...(text.match(/`+/g) || []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.replace(/\r\n?/g, "\n").replace(/^\n+|\s+$/g, "")}\n${fence}`;
};

export const inlineCode = (text) => {
  const longest = Math.max(0, ...(text.match(/`+/g) || []).map((run) => run.length));
  const ticks = "`".repeat(longest + 1);
  const space = /^`|`$/.test(text) ? " " : "";
  return ticks + space + text.trim() + space + ticks;
};
