"""Which powers the roles have that we sign in with: isolation rests on their having few."""

from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

POWERS = """
    SELECT current_user, rolsuper, rolbypassrls, rolcreaterole,
           EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')
                   AND relpersistence <> 't'),
           pg_has_role(current_user, (SELECT datdba FROM pg_database
                                      WHERE datname = current_database()), 'MEMBER')
    FROM pg_roles WHERE rolname = current_user
"""
NAMES = ("is superuser", "passes by policies", "makes roles", "owns tables", "owns the database")


def look(place: Place) -> Iterator[Finding]:
    """Look at the two roles that web and workers sign in with."""
    for url in (place.config.database_url, place.config.database_platform_url):
        role, *powers = place.rows(url, POWERS)[0]
        too_much = [name for name, has in zip(NAMES, powers, strict=True) if has]
        yield Finding(
            "roles",
            ok=not too_much,
            what=f"role {role} {' and '.join(too_much) or 'has no power over policies'}",
            mend="Run `portal setup`, which makes portal_app and portal_platform, and name those",
            fatal=True,
        )
