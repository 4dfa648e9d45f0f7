"""Score how much of public texts is read and written as their authors wrote it."""
