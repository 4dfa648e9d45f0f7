"""Help articles, whether they helped, and the words of each form."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


FORM_WORDS = {"subject_label": 120, "body_label": 120, "body_help": 300, "confirmation": 500}


def upgrade() -> None:
    for name, length in FORM_WORDS.items():
        op.add_column("forms", sa.Column(name, sa.String(length), server_default="", nullable=False))
    op.create_table(
        "articles",
        sa.Column("id", ID, nullable=False),
        sa.Column("translation_of_id", ID, nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("category", sa.String(80), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("title_words", sa.Text(), nullable=False),
        sa.Column("search_words", sa.Text(), nullable=False),
        sa.Column("helped", sa.Integer(), nullable=False),
        sa.Column("did_not_help", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("updated_by_id", ID, nullable=True),
        sa.CheckConstraint("audience IN ('public', 'signed_in')", name="ck_articles_audience"),
        sa.ForeignKeyConstraint(
            ["translation_of_id"], ["articles.id"], ondelete="SET NULL", name="fk_articles_translation_of_id_articles"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], ondelete="SET NULL", name="fk_articles_updated_by_id_users"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
    )
    op.create_index("ix_articles_translation_of_id", "articles", ["translation_of_id"])
    op.create_index("ix_articles_updated_by_id", "articles", ["updated_by_id"])
    op.create_table(
        "article_votes",
        sa.Column("article_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], ondelete="CASCADE", name="fk_article_votes_article_id_articles"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], ondelete="CASCADE", name="fk_article_votes_user_id_users"
        ),
        sa.PrimaryKeyConstraint("article_id", "user_id", name="pk_article_votes"),
    )
    op.create_index("ix_article_votes_user_id", "article_votes", ["user_id"])


def downgrade() -> None:
    for name in FORM_WORDS:
        op.drop_column("forms", name)
    op.drop_table("article_votes")
    op.drop_table("articles")
