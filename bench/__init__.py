"""What is measured, and the rig that breaks things. Everything runs on this machine, bounded in count and time."""
