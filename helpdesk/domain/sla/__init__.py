"""Service level agreements: policies, business hours and the timers of each ticket."""
