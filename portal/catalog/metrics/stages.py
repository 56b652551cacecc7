"""How many leads are in each stage: running sums of those that entered and left."""

from portal.catalog.family import Family, Identity, count, family, state
from portal.catalog.metric import Better, metric

LEAD = (
    "lead_spans f JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_id"
    " AND l.withdrawn_at IS NULL"
)
STAGES = ("new", "qualifying", "nurturing", "hot", "booked", "lost")


def _flow(key: str, instant: str) -> Family:
    """A family of the spans that begin or end. Not by owner, who may change within a span."""
    return family(
        key,
        LEAD,
        instant=instant,
        where="f.aspect = 'stage' AND f.value <> ''",
        joins={
            "c": "LEFT JOIN campaigns c ON c.client_id = f.client_id AND c.id = l.campaign_key"
            " AND c.withdrawn_at IS NULL"
        },
        dimensions={
            "source": "l.source",
            "channel": "l.channel",
            "campaign": "coalesce(c.external_id, l.campaign_ref)",
            "location": "l.location",
            "stage": "f.value",
        },
        identity=Identity(
            "leads",
            id="CAST(f.lead_id AS text) || ':' || CAST(f.from_at AS text)",
            external_id="l.external_id",
            title="l.name",
            lead="l.id",
        ),
    )


ENTRIES, EXITS = _flow("stage_entries", "f.from_at"), _flow("stage_exits", "f.to_at")

entered = count("stage_entries", ENTRIES)
left = count("stage_exits", EXITS)
metric(
    "stage_entries",
    "Stage entries",
    entered,
    "Times that a lead entered a stage.",
    better=Better.NEITHER,
)
metric(
    "leads_in_stage",
    "Leads by stage",
    state("leads_in_stage", entered, left),
    "Leads in the stage at the end of the day, or now: all that entered less all that left.",
    better=Better.NEITHER,
    documents=tuple(f"analytics_daily.leads_{stage}" for stage in STAGES),
)
