{#-
    Loans to be scored: features of the newest month end, and what a default of the product
    loses. Grain: one row per loan account.
-#}
with features as (
    select * from {{ ref('features_loan') }}
),

newest as (
    select max(cut_date) as cut_date
    from features
),

losses as (
    select * from {{ ref('int_default_losses') }}
    where resolved_count >= 10 and exposure_amount > 0
),

accounts as (
    select * from {{ ref('dim_account') }}
    where is_current
),

rates as (
    select * from {{ ref('int_daily_exchange_rates') }}
)

select
    features.*,
    case
        when accounts.currency = '{{ var("reporting_currency") }}' then cast(1 as decimal(18, 8))
        else rates.exchange_rate
    end as exchange_rate,
    cast(coalesce(losses.resolved_count, 0) as bigint) as resolved_count,
    case
        when losses.product_name is null
            then 100.0 * cast({{ var('default_loss_rate') }} as {{ type_double() }})
        else 100.0 * {{ ratio('losses.lost_amount', 'losses.exposure_amount') }}
    end as loss_given_default_pct,
    cast(
        case
            when losses.product_name is null then 'variable default_loss_rate'
            else 'resolved defaults'
        end as {{ dbt.type_string() }}
    ) as loss_source,
    cast('{{ var("reporting_currency") }}' as {{ dbt.type_string() }}) as reporting_currency
from features
inner join newest on features.cut_date = newest.cut_date
left join losses on features.product_name = losses.product_name
left join accounts on features.account_natural_key = accounts.account_natural_key
left join rates
    on accounts.currency = rates.currency and features.cut_date = rates.rate_date
