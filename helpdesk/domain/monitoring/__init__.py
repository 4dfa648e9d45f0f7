"""How the installation is doing, and who is told when something does not get out."""
