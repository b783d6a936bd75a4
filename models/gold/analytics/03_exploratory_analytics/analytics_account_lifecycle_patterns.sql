{#-
    How long accounts stay open, and what the open ones hold and do.
    Grain: one row per opening cohort, product and age in months; each of the two also whole.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

counted as (
    select * from {{ ref('int_account_age_cells') }}
),

-- the logarithm of nothing left is no number: such a month is counted instead
steps as (
    select
        counted.*,
        {{ ratio('closed_count', 'at_risk_count') }} as hazard_rate,
        case
            when closed_count < at_risk_count
                then ln(1 - {{ ratio('closed_count', 'at_risk_count') }})
        end as log_step,
        case
            when closed_count < at_risk_count
                then {{ ratio('closed_count', 'at_risk_count') }} / (at_risk_count - closed_count)
        end as variance_step,
        case when at_risk_count > 0 and closed_count = at_risk_count then 1 else 0 end as is_last
    from counted
),

running as (
    select
        steps.*,
        max(observed_count) over (partition by cohort_name, product_natural_key)
            as cohort_account_count,
        sum(is_last) over (
            partition by cohort_name, product_natural_key order by age_month
            rows unbounded preceding
        ) as end_count,
        sum(closed_count) over (
            partition by cohort_name, product_natural_key order by age_month
            rows unbounded preceding
        ) as total_closed_count,
        coalesce(sum(log_step) over (
            partition by cohort_name, product_natural_key order by age_month
            rows unbounded preceding
        ), 0) as log_survival,
        coalesce(sum(variance_step) over (
            partition by cohort_name, product_natural_key order by age_month
            rows unbounded preceding
        ), 0) as variance
    from steps
),

estimated as (
    select
        running.*,
        at_risk_count >= {{ var('minimum_sample_count') }} as is_measurable,
        end_count > 0 or total_closed_count = 0 as is_extreme,
        case when end_count > 0 then 0.0 else exp(log_survival) end as survival_rate,
        case
            when end_count = 0 and total_closed_count > 0
                then exp({{ normal_quantile() }} * sqrt(variance) / abs(log_survival))
        end as log_log_factor
    from running
)

{%- set margin = (
    normal_quantile() ~ ' * estimated.deviation_amount / sqrt(cast(estimated.balance_count as '
    ~ type_double() ~ '))'
) %}

select
    estimated.cohort_name,
    estimated.cohort_start_date,
    estimated.product_natural_key,
    estimated.product_name,
    estimated.product_category,
    estimated.age_month,
    estimated.cohort_account_count,
    estimated.observed_count,
    estimated.retained_count,
    {{ ratio('estimated.retained_count', 'estimated.observed_count') }} as retention_rate,
    {{ wilson_fraction_lower('estimated.retained_count', 'estimated.observed_count') }}
        as retention_rate_lower,
    {{ wilson_fraction_upper('estimated.retained_count', 'estimated.observed_count') }}
        as retention_rate_upper,
    estimated.at_risk_count,
    estimated.closed_count,
    estimated.hazard_rate,
    case when estimated.is_measurable then cast(estimated.survival_rate as {{ type_double() }}) end
        as survival_rate,
    case
        when estimated.is_measurable and estimated.is_extreme
            then {{ wilson_fraction_lower('estimated.retained_count', 'estimated.observed_count') }}
        when estimated.is_measurable
            then exp(estimated.log_survival * estimated.log_log_factor)
    end as survival_rate_lower,
    case
        when estimated.is_measurable and estimated.is_extreme
            then {{ wilson_fraction_upper('estimated.retained_count', 'estimated.observed_count') }}
        when estimated.is_measurable
            then exp(estimated.log_survival / estimated.log_log_factor)
    end as survival_rate_upper,
    estimated.balance_count,
    estimated.total_balance,
    {{ money('estimated.mean_balance') }} as avg_balance,
    {{ money('estimated.mean_balance - ' ~ margin) }} as avg_balance_lower,
    {{ money('estimated.mean_balance + ' ~ margin) }} as avg_balance_upper,
    estimated.transaction_count,
    {{ ratio('estimated.transaction_count', 'estimated.known_count') }}
        as avg_transaction_count,
    estimated.active_count,
    {{ ratio('estimated.active_count', 'estimated.known_count') }} as active_rate,
    {{ wilson_fraction_lower('estimated.active_count', 'estimated.known_count') }}
        as active_rate_lower,
    {{ wilson_fraction_upper('estimated.active_count', 'estimated.known_count') }}
        as active_rate_upper,
    {{ coverage_pct() }} as coverage_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('estimated.is_measurable') }} as status,
    clock.as_of_date
from estimated
cross join clock
