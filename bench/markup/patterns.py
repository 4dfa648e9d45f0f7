"""Patterns that cost much where they are repeated in a text: marks, brackets, entities, bars of tables, tags."""

SIGNS = (
    *("*", "**", "***", "_", "__", "~", "~~", "`", "``", "```", "[", "]", "(", ")", "![", "](", "[]", "[](", "[a]("),
    *("<", "</", "<!--", "<a ", "&", "&#", "&amp;", "&lt", "\\", "\\\\", "|", "||", "|-", "- ", "* ", "+ ", "-", "> "),
    *(">", "# ", "#", "1. ", "1) ", "=", ":", "::", ":a", "://", "http://", "https://a", "https://a.b/(", "www.", "@"),
    *("a@b.c", "mailto:", "xn--", "\n", "\n\n", " ", "  \n", "\t", "    ", "```\n", "~~~\n", "---\n", "***\n", "===\n"),
    *("|a|\n", "|-|\n", "|a|b|\n|-|-|\n", "[a]: ", "[^1]", "[ ] ", "- [ ] ", "\u3042", "**\u3042", "\u00a0", "\u200b"),
    *("\u2028", "\ud800", "\x00", "\U0001f600", "e\u0301", "\u202e", "'", '"', "$", "^", "{", "}", "!", "?", ".", ","),
    *(";", "/", "%", "%41"),
)
SUFFIXES = ("", "a", "a ", "*", "\n", " ", "\n\n", "_a", "`", ")")
TEXTS = (
    *("*a **b ", "*a_ ", "_a *b* ", "**a*", "*a**", "a**b*c", "[a[b](c)", "[a](b ", "[a]: b\n", "[a]: <b\n", "[a][b]"),
    *("<http://a", "<a@b", "&a;", "&#x", "- a\n - b\n", "> - ", "1. > ", "- > ", "> a\n", "a\n> ", "|a\n|-\n"),
    *(
        "||||\n|-|-|-|-|\n",
        "``a`",
        "a`b``c```",
        "*a ~~b* c~~ ",
        "https://a.example/x ",
        "https://a.example/?q=*&r=_a_ ",
    ),
    *("http://a.b[c](d)", "**\u300ca\u300d**b", "\\`a`", "a  \nb", "[a](<b", "[a](b 'c", "[![a](b)](c)", "***a** b* "),
    *(
        "[x](javascript:a)",
        "<b>a</b>",
        "<script>",
        "<!channel>",
        ":a: ",
        "\n- a\n\n  b\n",
        "```\na\n```\n",
        "    a\n\n",
    ),
    *("1. word word word word\n", "- word word word word ab\n", "> word word word word\n", "# word word word word\n"),
    *("# a\n", "a\n===\n", "a\n---\n", "*" * 50 + "a", "(" * 40 + "a" + ")" * 40, "[" * 30 + "]" * 30),
    *("<" * 20 + "a" + ">" * 20, "a\u0300" * 9, "<https://xn--a.example> "),
)
MARKDOWN = tuple(dict.fromkeys([*(sign + suffix for sign in SIGNS for suffix in SUFFIXES), *TEXTS]))
MRKDWN = (
    "<@U1>",
    "<@U1|a>",
    "<https://a.example|b>",
    "\u2022 a\n",
    "&gt; a\n",
    "_a *b ",
    ":a::b:",
    "<!date^1^{date}|a>",
)
HTML = (
    *("<b>", "<b>x", "</b>", "<i><b>x</i>", "<div>x", "<div>", "</div>", "<p>x", "<p>x</p>\n", "<ul><li>x", "<li>x"),
    *("<ol><li>x</li></ol>", "<blockquote>x", "<td>x", "<table><tr><td>x", "<tr><td>x</td></tr>", "<a href=x>y"),
    *("<a href='https://a.example/x'>y</a> ", '<a href="', "<a href='", "<!--", "<!-- -->", "-->", "<", "<<", "<a"),
    *("<a b=", "<a b='c' ", "&", "&amp;", "&#", "&#x", "&lt;br&gt;", "<pre>x", "<pre>\n</pre>", "<br>", "<br>x"),
    *("<img alt=x>", "<img alt='", "<hr>", "<h1>x</h1>", "<span style='font-weight:bold'>x</span> ", "<span style='"),
    *('<span style="display:none">x', "<style>x", "<script>", "</script>", "<svg>", "<font>", "<u>x</u>", "<dl><dt>x"),
    *("<code>x</code>", "<code>", "<o:p>", "<![CDATA[", "<?x", "<!x", "</", "</>", "<div class=gmail_quote>x"),
    *("<b>x</b><i>y</i>", "x <b> y</b>", "<a href=https://a.example/x><b>y</b></a>", "<p style='display: none'>"),
    *("<p>a<br><br>", "<ol start=3><li>x", "a<wbr>", "style=" * 3, "<td style=", "<a href=x href=y>"),
)


def repeat(pattern: str, length: int) -> str:
    """Return ``pattern`` repeated to ``length`` characters."""
    return (pattern * (length // len(pattern) + 1))[:length]
