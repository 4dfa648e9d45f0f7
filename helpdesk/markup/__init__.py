"""Reading and writing of formatted text: Markdown in, safe HTML and plain text out."""
