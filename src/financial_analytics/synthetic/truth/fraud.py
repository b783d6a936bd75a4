"""What is true of each fraud."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from financial_analytics.synthetic.frame import Ints
from financial_analytics.synthetic.legs import TYPOLOGIES
from financial_analytics.synthetic.simulate import Block
from financial_analytics.synthetic.truth.columns import Write, dates, words


def write_fraud(block: Block, ids: Ints, label: Ints, write: Write) -> None:
    """Write ``latent_fraud``, with the ids and label days of all legs of the block."""
    fraud = np.flatnonzero((block.legs.typology > 0) | (block.legs.incident >= 0))
    write("fraud", pa.table({
        "transaction_id": ids[fraud],
        "typology": words(block.legs.typology[fraud], TYPOLOGIES),
        "incident": block.legs.incident[fraud],
        "label_date": dates(label[fraud]),
    }))  # fmt: skip
