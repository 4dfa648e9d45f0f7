"""What the portal says to customers besides their tickets: announcements, and when the team is back."""
