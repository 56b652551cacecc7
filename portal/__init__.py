"""A multi-tenant client analytics portal: what the money brought, per client."""
