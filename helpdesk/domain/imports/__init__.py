"""Import of a whole help desk from a file: one JSON object a line (docs/import.md)."""
