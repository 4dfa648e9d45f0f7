// Whether a text that somebody pastes is code, a log or the like, which Markdown would show otherwise than it is.

const MAX_LINES = 400; // of a text that are looked at, and of each line so many characters
const MAX_LINE_LENGTH = 500;
const LEVELS = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE";
const LOG_LINES = [
  /^\s*[[(<]?\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d/, // 2026-11-04 10:00
  /^\s*[[(<]?\d\d:\d\d:\d\d[.,\]) ]/, // 10:00:00.123
  /^\s*[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, // syslog
  new RegExp(`^\\s*[[(<]?(?:${LEVELS})(?:\\s*[\\]):|>]| {2,}\\S|\\s+\\[|\\s+[\\w.]+(?:[:\\]]| -))`),
  /^\s*\[[\w.:/ -]{1,60}\]\s*[:|-]/, // [main]: started
  /^\d{1,3}(?:\.\d{1,3}){3} .*"(?:GET|POST|PUT|PATCH|DELETE|HEAD) /, // access log
];
const TRACE_LINES = [
  /^Traceback \(most recent call last\)/,
  /^\s*File ".+", line \d+/,
  /^\s+at .+(?:\(.*\)|:\d+)\s*$/,
  /^\s*(?:Caused by|Suppressed): /,
  /^\s*(?:[\w$]+\.)*\w*(?:Error|Exception|Warning|Panic)(?::|$)/,
  /^goroutine \d+ \[|^thread '.*' panicked at/,
  /^\s*#\d+\s+(?:0x|\/|\{main\})/,
  /^\s*from .+:\d+:in /,
];
const DIFF_HEAD = /^(?:diff --git |index [0-9a-f]{6,}|@@ .* @@|\+\+\+ \S|--- \S)/m;
const DIFF_LINE = /^(?:[+-]|diff |index |@@ )/;
const SQL_LINES = [
  /^\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WITH|EXPLAIN|BEGIN|COMMIT|GRANT)\b(?=.*[ ;(*])/,
  /^\s*(?:FROM|WHERE|AND|OR|(?:LEFT |RIGHT |INNER |OUTER |CROSS )*JOIN|GROUP BY|ORDER BY|HAVING|LIMIT|VALUES|SET|ON)\b/,
  /^\s*(?:select\b.+\bfrom\b|insert into\b|update\b.+\bset\b|delete from\b|create table\b|alter table\b)/,
];
const CODE_LINES = [
  /[;{}]\s*$/,
  /^\s*(?:[\]})]+[;,]?|[{[(])\s*$/,
  /^\s*"[^"]*"\s*:\s*\S/, // JSON
  /^\s*<\/?[a-zA-Z!?][\w:.-]*(?:\s[^<>]*)?>/, // a tag
  /^\s*(?:def|class|elif|except|with|while|for|if|try|else)\b.*:\s*$/,
  /^\s*(?:import [\w.]+|from [\w.]+ import |package [\w.]+|use [\w:]+|#include [<"]|using [\w.]+;)/,
  /^\s*(?:const|let|var|function|func|fn|public|private|protected|static|export|async|return|await)\b.*[(){};=]/,
  /^\s*[\w.[\]"']+\s*(?:[-+*/|&]?=|:=|==|!=|=>)\s*\S/,
  /^\s*@\w+(?:\(.*\))?\s*$/,
  /^\s*(?:\/\/|\/\*|\*\/|--\s|#!)/,
  /^[\w.]+\([^)]*\)\s*[;{]?\s*$/,
  /^(?:FROM|RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|EXPOSE|ARG) \S/, // of a container's image
];
const PROMPT_LINE =
  /^\s*(?:\$|PS [^>]*>|[\w.-]+@[\w.-]+:[^$#]*[$#]|[A-Z]:\\[^>]*>|>>>|\.\.\.|mysql>|[\w-]+=[#>])\s+\S/;
const SHELL_LINES = [
  PROMPT_LINE,
  /^\s*(?:sudo|curl|wget|git|docker|kubectl|npm|npx|yarn|pip3?|python3?|apt(?:-get)?|ssh|scp|grep|systemctl|make)\s+\S/,
  /^\s*(?:cd|ls|cat|echo|rm|mv|cp|chmod|export|tail) \S/,
  /^[-dlbcps][-rwxsStT]{9}[.+@]?\s/, // ls -l
  /\s\\$/,
];
const PATH_LINE =
  /^\s*(?:[A-Za-z]:[\\/]|\\\\[\w.$-]+\\|~?\/[\w.@-]+\/|\.{1,2}\/[\w.@-])\S*(?: \S*[\\/]\S*)*\s*$/;
const KEY_LINE = /^\s*[\w.-]+\s*(?:=|:)\s*\S*$/; // a line of a configuration
const INDENTED_LINE = /^(?: {4}|\t)\S/;
const YAML_LINE = /^(?:\s{2,}(?:- )?[\w.-]+:(?:\s|$)|[\w.-]+:\s*$|\s{2,}- \S)/;
const ARMOR_LINE = /^-----BEGIN [A-Z0-9 ]+-----/; // a key or certificate
const STRONG = [...LOG_LINES, ...TRACE_LINES, ...SQL_LINES, ...CODE_LINES, ...SHELL_LINES, PATH_LINE];

// Signs that Markdown would take away or turn into styles.
const CHANGED_BY_MARKDOWN =
  /[^\s*]\*[^\s*].*\*|\*\*\S|__\S|(?:^|\W)_\S.*_(?:\W|$)|~~|\\[!-/:-@[-`{-~]|`|<[^\s>]+@?[^>]*>|&\w+;/;
const URL_LINE = /^\s*<?(?:https?|mailto):\S+>?\s*$/i;
const ESCAPES = /^\S*\\[!-/:-@[-`{-~]\S*$/; // a regular expression
const STATEMENT = /^\s*(?:select\b.+\bfrom\b|insert into\b|update\b.+\bset\b|delete from\b).*[=*(;]/;
const EXPRESSION = /^[\w.,()[\]{}+\-*/^%=<>!&|~ ]*\w\*{1,2}\w[\w.,()[\]{}+\-*/^%=<>!&|~ ]*$/; // 2*3*4

const matchesAny = (patterns, line) => patterns.some((pattern) => pattern.test(line));

// Text that has fences or the marks of a list or a heading in most lines is Markdown already.
const isMarkdown = (text, lines) =>
  /^\s*(?:```|~~~)/m.test(text) ||
  lines.filter((line) => /^\s{0,3}(?:[-*+] |\d{1,3}[.)] |#{1,6} |> )/.test(line)).length * 2 > lines.length;

// Every line has as many commas or tabs as the first: a table as text.
const isDelimited = (lines) =>
  [/,(?! )/g, /\t/g].some((sign) => {
    const count = (line) => (line.match(sign) || []).length;
    return lines.every((line) => count(line) === count(lines[0])) && count(lines[0]) >= (sign.source === "\\t" ? 1 : 2);
  });

const isCertainLine = (line) => PROMPT_LINE.test(line) || matchesAny([...LOG_LINES, ...TRACE_LINES], line);
const isCodeLine = (line) => matchesAny(STRONG, line);

// A single line is code only where Markdown would change it, or where its kind is certain.
const isSingleCode = (line) =>
  (PATH_LINE.test(line) && /[\\_*]/.test(line)) ||
  ESCAPES.test(line) ||
  STATEMENT.test(line) ||
  (EXPRESSION.test(line) && CHANGED_BY_MARKDOWN.test(line)) ||
  matchesAny([...LOG_LINES, ...TRACE_LINES, ...SHELL_LINES], line) ||
  (matchesAny([...SQL_LINES, ...CODE_LINES], line) && CHANGED_BY_MARKDOWN.test(line));

export const looksLikeCode = (text) => {
  const filled = text.split(/\r?\n/).filter((line) => line.trim());
  const lines = filled.slice(0, MAX_LINES).map((line) => line.slice(0, MAX_LINE_LENGTH));
  if (!lines.length || lines.every((line) => URL_LINE.test(line))) return false;
  if (DIFF_HEAD.test(text) && lines.filter((line) => DIFF_LINE.test(line)).length >= 2) return true;
  if (isMarkdown(text, lines)) return false;
  if (lines.length === 1) return isSingleCode(lines[0]);
  if (ARMOR_LINE.test(lines[0]) || isDelimited(lines)) return true;
  const strong = lines.filter(isCodeLine).length;
  if (lines.some((line) => matchesAny(TRACE_LINES, line)) && strong >= 2) return true;
  if (lines.some(isCertainLine) && strong * 2 >= lines.length) return true;
  const weak = lines.filter((line) => matchesAny([KEY_LINE, YAML_LINE, INDENTED_LINE], line)).length;
  return strong * 2 > lines.length || (strong >= 1 && (strong + weak) * 5 >= lines.length * 4) || weak === lines.length;
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
