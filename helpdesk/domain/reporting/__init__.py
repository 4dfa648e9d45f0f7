"""Reports over tickets, quality reviews and the weekly digest."""
