#!/usr/bin/env python3
"""The bounds of a campaign's openings, from the file that `pharos events export --format parquet` writes.

    pip install pandas pyarrow
    pharos events export --format parquet --out events.parquet
    python3 events.py events.parquet 1

A contact counts once, by the strongest class of their hits. `pharos report opens` says the same, unless
what others of a message show (bursts, floods) has weakened some: docs/events.md.
"""

import sys

import pandas as pd

# From the weakest to the strongest.
STRENGTH = ["scanner", "prefetch", "preview", "repeat", "unknown", "proxied", "person"]

path, campaign = sys.argv[1], int(sys.argv[2])
events = pd.read_parquet(path)
mine = events[(events.campaign == campaign) & (events.kind != "head") & events.contact.notna()]
best = mine["class"].map(STRENGTH.index).groupby(mine.contact).max()
print("at least", int((best == STRENGTH.index("person")).sum()))
print("at most", int((best >= STRENGTH.index("repeat")).sum()))
