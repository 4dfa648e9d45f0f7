"""What every request passes: who is asking, CSRF, transactions, security headers, errors."""
