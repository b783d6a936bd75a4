# %% [markdown]
# # What is happening now?
#
# The charts over the models of `08_realtime_analytics`, in the order of its report. Run it as
# a script to write `visualizations/outputs/08_realtime_analytics/index.html`, or open it as a
# notebook (percent cells) and look at the charts. It reads the published snapshot, or the
# PostgreSQL warehouse whose URL is in `CONNECTION_STRING`.

# %%
"""What is happening now: the charts and the report of 08_realtime_analytics."""

from financial_analytics.reports.session import Session

session = Session("08_realtime_analytics")

# %%
for entry in session.charts:
    session.show(entry)

# %% [markdown]
# ## The report

# %%
session.write()
