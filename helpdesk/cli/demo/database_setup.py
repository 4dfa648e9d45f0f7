"""Prepare the demo's database: the newest schema, and at the first start the sample data."""

import helpdesk
from helpdesk.cli import schema_migration
from helpdesk.demo.seed import sample_data, slack_threads
from helpdesk.extensions import db


def main() -> None:
    """Prepare the database that the environment names."""
    app = helpdesk.create_app()
    with app.app_context():
        schema_migration.upgrade_schema()
        if not sample_data.is_database_seeded():
            sample_data.seed_sample_data()
        slack_threads.recreate_threads()
        db.session.commit()


if __name__ == "__main__":
    main()
