"""The outside world, played by real servers, so that the whole loop runs with no account anywhere."""
