"""The first two tickets of a new installation, filed at the same moment."""

import threading
import time

from flask import current_app

from helpdesk import extensions
from helpdesk.channels.email import threads
from helpdesk.models.channel import Channel


def test_the_channel_of_mail_is_made_once_and_nobody_is_turned_away(app, session):
    app = current_app._get_current_object()
    session.remove()
    made = []

    def other() -> None:
        with app.app_context():
            made.append(threads.get_mail_channel().id)
            extensions.db.session.commit()

    with app.app_context():
        first = threads.get_mail_channel().id
        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.4)  # the other one looks meanwhile, and finds nothing yet
        extensions.db.session.commit()
        thread.join(60)
    assert made == [first]
    assert session.query(Channel).filter_by(kind="email").count() == 1
