"""What every request passes: authentication, authorization, transactions, security headers, errors."""
