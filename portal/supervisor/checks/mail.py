"""Whether mails leave."""

from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

UNSENT = """
    SELECT count(*) FILTER (WHERE state IN ('failed', 'uncertain')
                            AND created_at > now() - interval '7 days'),
           count(*) FILTER (WHERE state IN ('queued', 'sending')
                            AND due_at < now() - interval '5 minutes'),
           max(error) FILTER (WHERE state IN ('failed', 'queued'))
    FROM mail_outbox
"""


def look(place: Place) -> Iterator[Finding]:
    """Look for mails that were given up, or wait for long."""
    dead, late, error = place.rows(place.config.database_url, UNSENT)[0]
    yield Finding(
        "mail",
        ok=not dead and not late,
        what=f"{dead} mails were given up, {late} wait for more than five minutes: {error}"
        if dead or late
        else "no mail waits for long",
        mend="Check PORTAL_SMTP_HOST, _PORT, _USER, _PASSWORD and _TLS, see /admin/jobs",
    )
