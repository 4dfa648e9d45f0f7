// How lines of code, logs, traces and the like look, by kind. Each pattern takes time in step with its line.

const LEVELS = "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE";

export const LOG_LINES = [
  /^\s*[[(<]?\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d/, // 2026-11-04 10:00
  /^\s*[[(<]?\d\d:\d\d:\d\d[.,\]) ]/, // 10:00:00.123
  /^\s*[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /, // syslog
  new RegExp(`^\\s*[[(<]?(?:${LEVELS})(?:\\s*[\\]):|>]| {2,}\\S|\\s+\\[|\\s+\\d+ \\(|\\s+[\\w.]+(?:[:\\]]| -))`),
  /^\s*\[[\w.:/ -]{1,60}\]\s*[:|-]/, // [main]: started
  /^\d{1,3}(?:\.\d{1,3}){3} .*"(?:GET|POST|PUT|PATCH|DELETE|HEAD) /, // access log
  /^(?:[<>] )?(?:HTTP\/\d(?:\.\d)? \d{3}\b|(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S* HTTP\/)/,
  /^\s*(?:ORA|TNS|PLS|RMAN|SP2)-\d{4,5}:|^(?:npm|yarn|pnpm) (?:ERR!|WARN|error|warn)|\berror [A-Z]{1,4}\d{3,5}:/,
  /^\d+ bytes from |^Reply from [\d.]+:|^PING \S+ \(|^--- \S+ ping statistics ---/,
];
export const TRACE_LINES = [
  /^Traceback \(most recent call last\)/,
  /^\s*File ".+", line \d+/,
  /^\s+at .+(?:\(.*\)|:\d+)\s*$/,
  /^\s*(?:Caused by|Suppressed): /,
  /^\s*(?:[\w$]+\.)*\w*(?:Error|Exception|Warning|Panic)(?::|$)/,
  /^goroutine \d+ \[|^thread '.*' panicked at|^PHP (?:Fatal error|Parse error|Warning|Notice|Deprecated):/,
  /^\s*#\d+\s+(?:0x|\/|\{main\})/,
  /^\s*from .+:\d+:in /,
];
// What a text begins with that is the output of a program to its end.
export const HEADS = [
  /^Traceback \(most recent call last\)|^thread '.*' panicked at|^panic: |^PHP (?:Fatal|Parse) error:/,
  /^Exception in thread "|^Unhandled [eE]xception|^Uncaught \w*(?:Error|Exception)\b/,
  /^-----BEGIN [A-Z0-9 ]+-----|^#!\/|^<\?(?:xml|php)\b|^<!DOCTYPE /,
  /^HTTP\/\d(?:\.\d)? \d{3}\b|^(?:GET|POST|PUT|PATCH|DELETE|HEAD) \/\S* HTTP\//,
  /^(?:\$ [a-zA-Z.\/~_]|PS [A-Z]:\\[^>]*>|[\w.-]+@[\w.-]+:[^$#\s]*[$#] |[A-Z]:\\[^>]*>\s*\w|>>> |mysql> )/, // a prompt
  /^On branch \S+\n|^commit [0-9a-f]{40}\b/, // git
];
export const DIFF_HEAD = /^(?:diff --git |index [0-9a-f]{6,}|@@ .* @@|\+\+\+ \S|--- \S)/m;
export const DIFF_LINE = /^(?:[+-]|diff |index |@@ )/;
export const SQL_LINES = [
  /^\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WITH|EXPLAIN|BEGIN|COMMIT|GRANT)\b(?=.*[ ;(*])/,
  /^\s*(?:FROM|WHERE|AND|OR|(?:LEFT |RIGHT |INNER |OUTER |CROSS )*JOIN|GROUP BY|ORDER BY|HAVING|LIMIT|VALUES|SET|ON)\b/,
  /^\s*(?:select\b.+\bfrom\b|insert into\b|update\b.+\bset\b|delete from\b|create table\b|alter table\b)/,
];
// A query over several lines; "Select the file" is none.
export const SQL_TEXT =
  /^\s*select\b(?!\s+(?:the|a|an|your|all)\b)[^;]*\n\s*from\s+[\w."`[\]]+[^;]*(?:[=;*]|\bjoin\b)/i;
export const CODE_LINES = [
  /[{}]\s*$/,
  /^\s*(?:[\]})]+[;,]?|[{[(])\s*$/,
  /^\s*(?:\w+|return \w+|[^;]*[=)\]"'+-])\s*;\s*$/, // a statement, not a half sentence
  /^\s*"[^"]*"\s*:\s*\S/, // JSON
  /^\s*<\/?[a-zA-Z!?][\w:.-]*(?:\s[^<>]*)?>/, // a tag
  /^\s*(?:def|class|elif|except|with|while|for|if|try|else)\b.*:\s*$/,
  /^\s*(?:import [\w.]+|from [\w.]+ import |package [\w.]+|use [\w:]+|#include [<"]|using [\w.]+;)/,
  /^\s*(?:const|let|var|function|func|fn|public|private|protected|static|export|async|return|await)\b.*[(){};=]/,
  /^\s*[\w.[\]"'-]+\s*(?:[-+*/|&]?=|:=|==|!=|=>)\s*\S/,
  /^[\w.[\],-]+\s*(?:===?|[<>!~]=)\s*[\d*]/, // a requirement: name>=1.0
  /^\s*@\w+(?:\(.*\))?\s*$/,
  /^\s*(?:\/\/|\/\*|\*\/|--\s|#!)/,
  /^[\w.]+\([^)]*\)\s*[;{]?\s*$/,
  /^(?:FROM|RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|EXPOSE|ARG) \S/, // of a container's image
  /^[\s\u2502|]*(?:[\u251c\u2514]\u2500|\|--|`--)/, // a tree of files
  /^\s*\+[-=+]{3,}\+?\s*$/, // the line of a table made of signs
  /^[*|\\/ ]+\s*[0-9a-f]{7,40}\s/, // the graph of git log
  /^\t(?:modified|new file|deleted|renamed):/,
  /^(?=.*\*)\s*(?:[\d*/,-]+\s+){5}\S/, // crontab
  /^\s*\d{1,2}\s+(?:\* \* \*|[\w.-]+ \([\d.]+\)|<?\d+ ms)/, // traceroute
];
export const PROMPT_LINE =
  /^\s*(?:(?:\$|PS [^>]*>|[\w.-]+@[\w.-]+:[^$#]*[$#]|>>>|\.\.\.|mysql>|[\w-]+=[#>])\s+\S|[A-Z]:\\[^>]*>\s*\S)/;
export const SHELL_LINES = [
  PROMPT_LINE,
  /^\s*(?:sudo|curl|wget|git|docker|kubectl|npm|npx|yarn|pip3?|python3?|apt(?:-get)?|ssh|scp|grep|systemctl|make)\s+\S/,
  /^\s*(?:cd|ls|cat|echo|rm|mv|cp|chmod|export|tail) \S/,
  /^\s*(?:set -[a-z]|for \w+ in |(?:if|while) .*;\s*(?:then|do)$|(?:then|fi|do|done|esac)$)/,
  /^[-dlbcps][-rwxsStT]{9}[.+@]?\s/, // ls -l
  /\s\\$/,
];
export const PATH_LINE =
  /^\s*(?:[A-Za-z]:[\\/]|\\\\[\w.$-]+\\|~?\/[\w.@-]+\/|\.{1,2}\/[\w.@-])\S*(?: \S*[\\/]\S*)*\s*$/;
export const KEY_LINE = /^\s*[\w.-]+\s*(?:=|:)\s*\S*$/; // a line of a configuration
export const SECTION_LINE = /^\s*\[[\w.:/ -]{1,60}\]\s*$/;
export const COMMENT_LINE = /^\s*(?:#|\/\/|--|;|\*) /;
export const INDENTED_LINE = /^(?: {4}|\t)\S/;
export const YAML_LINE = /^(?:\s{2,}(?:- )?[\w.-]+:(?:\s|$)|[\w.-]+:\s*$|\s{2,}- \S)/;
export const COLUMNS_LINE = /[^\s.!?:] {2,}\S|\S {3,}\S/; // space that makes columns
export const STRONG = [...LOG_LINES, ...TRACE_LINES, ...SQL_LINES, ...CODE_LINES, ...SHELL_LINES, PATH_LINE];

// Signs that Markdown would take away or turn into styles.
export const CHANGED_BY_MARKDOWN =
  /[^\s*]\*[^\s*].*\*|\*\*\S|__\S|(?:^|\W)_\S.*_(?:\W|$)|~~|\\[!-/:-@[-`{-~]|`|<[^\s>]+@?[^>]*>|&\w+;|\w\[[^\]]*\]\(/;
export const URL_LINE = /^\s*<?(?:https?|mailto):\S+>?\s*$/i;
export const ESCAPES = /^\S*\\[!-/:-@[-`{-~]\S*$/; // a regular expression
export const STATEMENT = /^\s*(?:select\b.+\bfrom\b|insert into\b|update\b.+\bset\b|delete from\b).*[=*(;]/;
export const EXPRESSION = /^[\w.,()[\]{}+\-*/^%=<>!&|~ ]*\w\*{1,2}\w[\w.,()[\]{}+\-*/^%=<>!&|~ ]*$/; // 2*3*4

// A word that stands in programs, paths and commands; "*word*" is a word with a style.
export const TECHNICAL_WORD = new RegExp(
  [/[\\=<>{}|$^]|::|->/, /\w[_*(]+\w|\w\(|__\.|\*\.|\*\/|\/\*|\/_/, /^--?[a-zA-Z]|^[~.]{0,2}\/\w|^[*&]+\w+[,;]?$|\w;$/]
    .map(({ source }) => source)
    .join("|"),
);
export const PROSE_WORD = /^[("]?[*_~]{1,3}[^\s*_~]+[*_~]{1,3}[.,!?:;)"]*$|[\u3040-\u9fff\uac00-\ud7ff]/;
export const MARKED_LINK = /\]\((?:https?:|mailto:|\.{0,2}\/|[\w-]+\.[a-z]{2,5}\))/;
