{#-
    What a customer did and met with before a month: complaints, fees, activity, logins.
    Grain: one row per customer and month.
-#}
with months as {{ in_place() }}(
    select * from {{ ref('int_feature_months') }}
),

contacts as (
    select * from {{ ref('fact_customer_interactions') }}
    where
        is_resolved is not null
        and not is_resolved
        and (is_complaint or lower(interaction_reason) like '%dispute%')
),

reports as (
    select * from {{ ref('stg_customers') }}
    where last_login_date is not null
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

feeds as (
    select * from {{ ref('feed_ends') }}
    where feed_name = 'customer_interactions'
),

complained as (
    select distinct
        contacts.customer_natural_key,
        months.month_number
    from contacts
    inner join months
        on
            contacts.interaction_at < months.month_start_date
            and contacts.interaction_at >= months.recent_date
    where contacts.customer_natural_key is not null
),

usage as (
    -- as of the end of each month
    select
        customer_natural_key,
        summary_month,
        sum(fee_count) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 2 preceding and current row
        ) as recent_fee_count,
        avg(cast(posted_count as {{ type_double() }})) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 2 preceding and current row
        ) as recent_posted_count,
        avg(cast(posted_count as {{ type_double() }})) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 14 preceding and 3 preceding
        ) as usual_posted_count,
        count(*) over (
            partition by customer_natural_key
            order by summary_month nulls last rows between 14 preceding and 3 preceding
        ) as usual_month_count
    from summaries
),

logins as (
    -- what the newest report of the half year before says; older ones say nothing about now
    select
        customer_natural_key,
        month_number,
        login_gap_days
    from (
        select
            reports.customer_id as customer_natural_key,
            months.month_number,
            {{ dbt.datediff('reports.last_login_date', 'cast(reports.updated_at as date)', 'day') }}
                as login_gap_days,
            row_number() over (
                partition by reports.customer_id, months.month_number
                order by reports.updated_at desc nulls last
            ) as recency
        from reports
        inner join months
            on
                reports.updated_at < months.month_start_date
                and reports.updated_at >= months.half_year_date
    ) as dated_reports
    where recency = 1
),

at_risk as (
    select * from {{ ref('int_churn_at_risk') }}
)

select
    at_risk.customer_natural_key,
    at_risk.month_number,
    -- before its first day and after its last one a feed says nothing
    case
        when
            feeds.first_event_date <= months.recent_date
            and feeds.end_date >= {{ add_days('months.month_start_date', -1) }}
            then complained.customer_natural_key is not null
        when complained.customer_natural_key is not null then true
    end as has_complaint,
    usage.recent_fee_count > 0 as has_fee,
    case
        when usage.usual_month_count >= 3
            then usage.recent_posted_count / nullif(usage.usual_posted_count, 0)
    end as activity_index,
    cast(logins.login_gap_days as integer) as login_gap_days
from at_risk
cross join feeds
left join months on at_risk.month_number = months.month_number
left join complained
    on
        at_risk.customer_natural_key = complained.customer_natural_key
        and at_risk.month_number = complained.month_number
left join usage
    on
        at_risk.customer_natural_key = usage.customer_natural_key
        and months.previous_month_number = usage.summary_month
left join logins
    on
        at_risk.customer_natural_key = logins.customer_natural_key
        and at_risk.month_number = logins.month_number
