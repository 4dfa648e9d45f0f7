"""Webhook channel: signed JSON to the https addresses of other programs."""
