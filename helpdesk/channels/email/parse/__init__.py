"""Raw mail turned into typed values: text, attachments, bounces, who proved to be the sender."""
