"""Other programs as a channel: signed JSON to their https address."""
