"""Connections to identity providers: an OpenID Connect provider a row, which speaks for its proven domains only."""
