"""Parse raw mail into typed values: text, attachments, bounces, authentication of the sender."""
