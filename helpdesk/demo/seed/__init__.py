"""Seeds a database with the demo's sample data, or with any number of generated tickets."""
