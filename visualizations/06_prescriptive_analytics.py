# %% [markdown]
# # What should we do?
#
# The charts over the models of `06_prescriptive_analytics`, in the order of its report. Run it as
# a script to write `visualizations/outputs/06_prescriptive_analytics/index.html`, or open it as a
# notebook (percent cells) and look at the charts. It reads the published snapshot, or the
# PostgreSQL warehouse whose URL is in `CONNECTION_STRING`.

# %%
"""What should we do: the charts and the report of 06_prescriptive_analytics."""

from financial_analytics.reports.session import Session

session = Session("06_prescriptive_analytics")

# %%
for entry in session.charts:
    session.show(entry)

# %% [markdown]
# ## The report

# %%
session.write()
