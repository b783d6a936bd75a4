# %% [markdown]
# # What patterns exist?
#
# The 13 charts over the 8 models of `03_exploratory_analytics`. Run it as a script to write
# `visualizations/outputs/03_exploratory_analytics/index.html`, or open it as a notebook (percent
# cells) and look at one chart after the other. It reads the published snapshot, or the PostgreSQL
# warehouse whose URL is in `CONNECTION_STRING`.

# %%
"""What patterns exist: the charts and the report of 03_exploratory_analytics."""

from financial_analytics.reports.session import Session

session = Session("03_exploratory_analytics")

# %% [markdown]
# ## Groups of customers

# %%
session.figure("exploratory.clusters_3d")

# %%
session.figure("exploratory.cluster_radar")

# %% [markdown]
# ## Hours and channels

# %%
session.figure("exploratory.weekday_hour_heatmap")

# %%
session.figure("exploratory.hourly_channels")

# %% [markdown]
# ## Products and spending

# %%
session.figure("exploratory.product_network")

# %%
session.figure("exploratory.product_affinity")

# %%
session.figure("exploratory.category_sunburst")

# %%
session.figure("exploratory.region_treemap")

# %% [markdown]
# ## Credit scores

# %%
session.figure("exploratory.correlation_matrix")

# %%
session.figure("exploratory.credit_score_violin")

# %% [markdown]
# ## Places, seasons and age

# %%
session.figure("exploratory.geographic_clusters")

# %%
session.figure("exploratory.seasonal_decomposition")

# %%
session.figure("exploratory.cohort_survival")

# %% [markdown]
# ## The report

# %%
session.write()
