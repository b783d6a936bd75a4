"""What is true of each contact of a campaign: both outcomes."""

from __future__ import annotations

import pyarrow as pa

from financial_analytics.synthetic.simulate import Block
from financial_analytics.synthetic.truth.columns import Write


def write_campaigns(block: Block, write: Write) -> None:
    """Write ``latent_campaign_touches``."""
    people = block.people
    touches, keep = block.touches, block.touches_kept
    write("campaign_touches", pa.table({
        "touch_id": (people.ids[touches.customer] * 10_000 + touches.campaign)[keep],
        "campaign_id": touches.campaign[keep] + 1,
        "converts_if_spared": touches.without[keep],
        "converts_if_contacted": touches.withal[keep],
    }))  # fmt: skip
