"""The outside world: one package per kind of channel, with the same functions in each."""
