"""Personal data: given out on request, erased on request and when its time is over."""
