# %% [markdown]
# # Why did it happen?
#
# The 13 charts over the 9 models of `02_diagnostic_analytics`. Run it as a script to write
# `visualizations/outputs/02_diagnostic_analytics/index.html`, or open it as a notebook (percent
# cells) and look at one chart after the other. It reads the published snapshot, or the PostgreSQL
# warehouse whose URL is in `CONNECTION_STRING`. Drivers are associations, measured before the
# event; only campaigns with a randomised holdout tell effects.

# %%
"""Why it happened: the charts and the report of 02_diagnostic_analytics."""

from financial_analytics.reports.session import Session

session = Session("02_diagnostic_analytics")

# %% [markdown]
# ## Customers who left

# %%
session.figure("diagnostic.churn_waterfall")

# %%
session.figure("diagnostic.churn_heatmap")

# %% [markdown]
# ## Fraud

# %%
session.figure("diagnostic.fraud_bubble")

# %%
session.figure("diagnostic.fraud_hours")

# %% [markdown]
# ## Loans that default

# %%
session.figure("diagnostic.default_drivers")

# %%
session.figure("diagnostic.default_correlation")

# %% [markdown]
# ## Payments, campaigns and contacts

# %%
session.figure("diagnostic.decline_funnel")

# %%
session.figure("diagnostic.campaign_bubble")

# %%
session.figure("diagnostic.satisfaction_forest")

# %%
session.figure("diagnostic.satisfaction_box")

# %% [markdown]
# ## Applications, accounts and revenue

# %%
session.figure("diagnostic.application_waterfall")

# %%
session.figure("diagnostic.closure_sankey")

# %%
session.figure("diagnostic.revenue_waterfall")

# %% [markdown]
# ## The report

# %%
session.write()
