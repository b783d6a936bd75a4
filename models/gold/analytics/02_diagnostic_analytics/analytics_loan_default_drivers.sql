{#-
    Which traits of loans and borrowers go before default. Grain: one row per driver and bin.
-#}
{%- set drivers = default_drivers() %}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

exposure as (
    select
        instalments.*,
        cast('All' as {{ text }}) as exposure_group
    from {{ ref('int_default_exposure') }} as instalments
),

odds as (
    select * from {{ ref('int_default_odds') }}
),

group_cells as (
    {{ driver_cells('exposure', drivers, 'exposure_group') }}
),

cells as (
    {{ driver_cells_of_all('group_cells', drivers, 'exposure_group') }}
),

loans as (
    {%- for driver in drivers %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        cast('{{ driver.name }}' as {{ text }}) as driver,
        {{ driver.name }}_bin as bin,
        count(distinct account_natural_key) as loan_count
    from exposure
    group by {{ driver.name }}_bin
    {%- endfor %}
),

{{ driver_measures('cells', 'exposure_group') }},

measured as (
    select
        {{ driver_columns('driver_ranks', 'odds') }},
        cast(coalesce(loans.loan_count, 0) as bigint) as loan_count,
        driver_ranks.status
    from driver_ranks
    left join odds on driver_ranks.driver = odds.driver and driver_ranks.bin = odds.bin
    left join loans on driver_ranks.driver = loans.driver and driver_ranks.bin = loans.bin
)

select
    measured.driver,
    measured.driver_label,
    measured.bin,
    measured.bin_number,
    measured.exposed_count,
    measured.event_count,
    measured.event_rate_pct,
    measured.event_rate_pct_lower,
    measured.event_rate_pct_upper,
    measured.base_rate_pct,
    measured.lift,
    measured.weight_of_evidence,
    measured.bin_information_value,
    measured.information_value,
    measured.expected_information_value,
    measured.critical_information_value,
    measured.is_above_chance,
    measured.driver_rank_number,
    measured.population_attributable_pct,
    measured.bin_attributable_pct,
    measured.adjusted_odds_ratio,
    measured.adjusted_odds_ratio_lower,
    measured.adjusted_odds_ratio_upper,
    measured.is_reference_bin,
    measured.loan_count,
    cast(measured.status as {{ text }}) as status,
    clock.as_of_date
from measured
cross join clock
