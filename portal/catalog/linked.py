"""Dimensions that a fact has by itself, or else from the lead that it is linked to."""

from collections.abc import Mapping

LEAD = (
    "LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_key"
    " AND l.withdrawn_at IS NULL"
)
CAMPAIGN = (
    "LEFT JOIN campaigns c ON c.client_id = f.client_id AND c.id = f.campaign_key"
    " AND c.withdrawn_at IS NULL"
)
LEADS_CAMPAIGN = (
    "LEFT JOIN campaigns lc ON lc.client_id = f.client_id AND lc.id = l.campaign_key"
    " AND lc.withdrawn_at IS NULL"
)
OWN_CAMPAIGN = "coalesce(c.external_id, nullif(f.campaign_ref, ''))"
LEADS_OWN_CAMPAIGN = "lc.external_id, nullif(l.campaign_ref, '')"


def owner_at(instant: str, lead: str) -> str:
    """
    Join the span of who owned the lead at that instant; spans never overlap.

    The last that began before, by the key's own order: a planner without statistics would otherwise
    read all spans of the client for each fact.
    """
    return (
        "LEFT JOIN LATERAL (SELECT x.value, x.to_at FROM lead_spans x"
        f" WHERE x.client_id = f.client_id AND x.lead_id = {lead} AND x.aspect = 'owner'"
        f" AND x.from_at <= {instant} ORDER BY x.from_at DESC LIMIT 1) o"
        f" ON o.to_at IS NULL OR o.to_at > {instant}"
    )


def joins(instant: str) -> Mapping[str, str]:
    """Give the joins of a fact that refers to a lead by `lead_key`."""
    return {
        "l": LEAD,
        "c": CAMPAIGN,
        "lc": LEADS_CAMPAIGN,
        "o": owner_at(instant, "l.id"),
    }


def inherited() -> Mapping[str, str]:
    """Give the five shared dimensions: the fact's own value if sent, else the lead's, else ''."""
    return {
        "source": "coalesce(nullif(f.source, ''), l.source, '')",
        "channel": "coalesce(nullif(f.channel, ''), l.channel, '')",
        "campaign": f"coalesce({OWN_CAMPAIGN}, {LEADS_OWN_CAMPAIGN}, '')",
        "owner": "coalesce(nullif(f.owner, ''), o.value, l.owner, '')",
        "location": "coalesce(nullif(f.location, ''), l.location, '')",
    }
