"""People and groups that an identity provider sends by SCIM 2.0 (RFC 7643, RFC 7644)."""
