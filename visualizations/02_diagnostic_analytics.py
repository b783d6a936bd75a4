# %% [markdown]
# # Why did it happen?
#
# The charts over the models of `02_diagnostic_analytics`, in the order of its report. Run it as
# a script to write `visualizations/outputs/02_diagnostic_analytics/index.html`, or open it as a
# notebook (percent cells) and look at the charts. It reads the published snapshot, or the
# PostgreSQL warehouse whose URL is in `CONNECTION_STRING`.
# Drivers are associations, measured before the event; only campaigns with a randomised holdout
# tell effects.

# %%
"""Why it happened: the charts and the report of 02_diagnostic_analytics."""

from financial_analytics.reports.session import Session

session = Session("02_diagnostic_analytics")

# %%
for entry in session.charts:
    session.show(entry)

# %% [markdown]
# ## The report

# %%
session.write()
