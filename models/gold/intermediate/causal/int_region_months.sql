{#-
    Customers of each region by whole month, with what they bought and how often they called or
    came, and the month in which the mobile application reached the region.
    Grain: one row per region and month.
-#}
with months as (
    select * from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

-- the region of a state is that of most of its branches, the first by name where two have as many
regions as (
    select
        state,
        region,
        row_number() over (
            partition by state order by count(*) desc nulls last, region
        ) as region_rank
    from {{ ref('dim_location') }}
    where location_type = 'branch' and state is not null and region is not null
    group by state, region
),

enabled as (
    select
        customer_natural_key,
        min(event_month) as enabled_month
    from {{ ref('fact_account_events') }}
    where lower(event_type) = 'mobile banking enabled' and customer_natural_key is not null
    group by customer_natural_key
),

counted as (
    select
        regions.region,
        summaries.summary_month,
        {{ count_if('summaries.open_account_count > 0') }} as customer_count,
        {{ count_if(
            'summaries.open_account_count > 0 and enabled.enabled_month <= summaries.summary_month'
        ) }} as enabled_count,
        cast(sum(summaries.purchase_count) as bigint) as purchase_count,
        cast(sum(summaries.interaction_count) as bigint) as contact_count
    from summaries
    inner join customers on summaries.customer_key = customers.customer_key
    inner join regions on customers.state = regions.state and regions.region_rank = 1
    left join enabled on summaries.customer_natural_key = enabled.customer_natural_key
    group by regions.region, summaries.summary_month
),

-- a roll-out is when a quarter of a region's customers have it: a few always move or try early
reached as (
    select
        region,
        min(summary_month) as rollout_month
    from counted
    where 4 * enabled_count >= customer_count and customer_count > 0
    group by region
)

select
    counted.region,
    counted.summary_month,
    months.month_start_date,
    counted.customer_count,
    counted.enabled_count,
    counted.purchase_count,
    counted.contact_count,
    starts.month_start_date as rollout_date
from counted
inner join months on counted.summary_month = months.month_number
left join reached on counted.region = reached.region
left join {{ ref('int_covered_months') }} as starts on reached.rollout_month = starts.month_number
