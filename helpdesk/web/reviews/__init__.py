"""The pages of support leads: reports, quality reviews, tickets that wait longest."""
