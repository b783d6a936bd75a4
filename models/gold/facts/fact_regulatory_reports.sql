{#- Regulatory filings. Grain: one row per report. -#}
with reports as (
    select * from {{ ref('stg_regulatory_reports') }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

dated as (
    select
        reports.*,
        coalesce(
            reports.filed_date, reports.filing_date, reports.period_end_date, clock.as_of_date
        ) as known_date,
        {{ late_days('reports.due_date', 'reports.filed_date', 'clock.as_of_date') }} as late_days
    from reports
    cross join clock
)

select
    dated.report_id,
    {{ date_key('dated.filing_date') }} as date_key,
    dated.report_type_code,
    dated.report_type_name,
    dated.period_start_date,
    dated.period_end_date,
    dated.due_date,
    dated.filed_date,
    dated.filing_status,
    dated.regulator,
    dated.report_frequency,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    dated.customer_id as customer_natural_key,
    {{ version_key('accounts', 'account_key') }} as account_key,
    dated.account_id as account_natural_key,
    dated.transaction_id,
    dated.reported_amount,
    dated.risk_level,
    dated.late_days > 0 as is_late,
    dated.late_days,
    dated.is_follow_up_required,
    dated.is_amended,
    dated.penalty_amount
from dated
{{ customer_version('dated.customer_id', end_of_day('dated.known_date')) }}
{{ account_version('dated.account_id', end_of_day('dated.known_date')) }}
