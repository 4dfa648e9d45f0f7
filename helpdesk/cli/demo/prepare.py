"""What is done before the portal opens: the newest schema, and at the first start the story."""

import helpdesk
from helpdesk.cli import schema
from helpdesk.extensions import db
from helpdesk.seeds import stories, workspace


def main() -> None:
    """Prepare the database that the environment names."""
    app = helpdesk.create_app()
    with app.app_context():
        schema.upgrade()
        if not stories.are_told():
            stories.tell()
        workspace.move_in()
        db.session.commit()


if __name__ == "__main__":
    main()
