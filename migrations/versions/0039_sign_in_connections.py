"""Connections to identity providers of organizations and of the team, and what each organization lets in by."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_in_connections",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("organization_id", ID, nullable=True),
        sa.Column("preset", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("redirects_at_once", sa.Boolean(), nullable=False),
        sa.Column("logs_out_at_provider", sa.Boolean(), nullable=False),
        sa.Column("session_hours", sa.Integer(), nullable=True),
        sa.Column("secret_expires_at", TIME, nullable=True),
        sa.Column("role_rules", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_sign_in_at", TIME, nullable=True),
        sa.Column("last_failure_at", TIME, nullable=True),
        sa.Column("last_failure", sa.String(40), nullable=False),
        sa.Column("last_failure_detail", sa.String(255), nullable=False),
        sa.CheckConstraint(
            "preset IN ('oidc', 'google', 'microsoft', 'slack')", name="ck_sign_in_connections_preset"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            ondelete="CASCADE",
            name="fk_sign_in_connections_organization_id_organizations",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_connections"),
        sa.UniqueConstraint("slug", name="uq_sign_in_connections_slug"),
    )
    op.create_index("ix_sign_in_connections_organization_id", "sign_in_connections", ["organization_id"])
    op.create_table(
        "sign_in_connection_domains",
        sa.Column("id", ID, nullable=False),
        sa.Column("connection_id", ID, nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("is_vouched", sa.Boolean(), nullable=False),
        sa.Column("verified_at", TIME, nullable=True),
        sa.Column("checked_at", TIME, nullable=True),
        sa.Column("missing_since", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["sign_in_connections.id"],
            ondelete="CASCADE",
            name="fk_sign_in_connection_domains_connection_id_sign_in_connections",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_connection_domains"),
        sa.UniqueConstraint("connection_id", "domain", name="uq_sign_in_connection_domains_connection_id_domain"),
    )
    op.create_index("ix_sign_in_connection_domains_domain", "sign_in_connection_domains", ["domain"])
    op.add_column("organizations", sa.Column("sign_in_rules", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("connection_id", ID, nullable=True))
        sessions.add_column(sa.Column("provider_session", sa.String(255), nullable=True))
        sessions.create_foreign_key(
            "fk_sessions_connection_id_sign_in_connections",
            "sign_in_connections",
            ["connection_id"],
            ["id"],
            ondelete="CASCADE",
        )
    is_set = sa.text("connection_id IS NOT NULL")
    op.create_index(
        "ix_sessions_connection_id", "sessions", ["connection_id"], sqlite_where=is_set, postgresql_where=is_set
    )


def downgrade() -> None:
    op.drop_index("ix_sessions_connection_id", table_name="sessions")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_constraint("fk_sessions_connection_id_sign_in_connections", type_="foreignkey")
        sessions.drop_column("provider_session")
        sessions.drop_column("connection_id")
    op.drop_column("organizations", "sign_in_rules")
    op.drop_table("sign_in_connection_domains")
    op.drop_table("sign_in_connections")
