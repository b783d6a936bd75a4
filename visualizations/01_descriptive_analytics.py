# %% [markdown]
# # What happened?
#
# The 17 charts over the 16 models of `01_descriptive_analytics`. Run it as a script to write
# `visualizations/outputs/01_descriptive_analytics/index.html`, or open it as a notebook (percent
# cells) and look at one chart after the other. It reads the published snapshot, or the PostgreSQL
# warehouse whose URL is in `CONNECTION_STRING`.

# %%
"""What happened: the charts and the report of 01_descriptive_analytics."""

from financial_analytics.reports.session import Session

session = Session("01_descriptive_analytics")

# %% [markdown]
# ## Customers

# %%
session.figure("descriptive.customer_kpis")

# %%
session.figure("descriptive.segment_donut")

# %%
session.figure("descriptive.age_pyramid")

# %%
session.figure("descriptive.customer_map")

# %% [markdown]
# ## Transactions

# %%
session.figure("descriptive.transaction_kpis")

# %%
session.figure("descriptive.channel_donut")

# %%
session.figure("descriptive.category_treemap")

# %%
session.figure("descriptive.daily_trend")

# %%
session.figure("descriptive.monthly_trend")

# %% [markdown]
# ## Accounts and products

# %%
session.figure("descriptive.account_gauges")

# %%
session.figure("descriptive.accounts_by_product")

# %%
session.figure("descriptive.balance_histogram")

# %%
session.figure("descriptive.product_bar")

# %% [markdown]
# ## Fraud, loans and engagement

# %%
session.figure("descriptive.fraud_funnel")

# %%
session.figure("descriptive.loan_waterfall")

# %%
session.figure("descriptive.roll_rates")

# %%
session.figure("descriptive.engagement")

# %% [markdown]
# ## The report

# %%
session.write()
