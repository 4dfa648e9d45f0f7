"""What admins wrote, in the reader's language: forms, canned replies and automatic sentences.

``lookup.translate_content`` is what pages, mails and Slack call; ``texts`` lists what there is to translate;
``editing`` stores translations and counts those that are missing. What people wrote in tickets is never translated,
and answers are stored as the option of the form says them.
"""
