"""Block Kit messages, cards, modals and mrkdwn made from our values."""
