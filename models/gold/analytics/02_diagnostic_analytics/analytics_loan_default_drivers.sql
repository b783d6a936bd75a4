{#-
    Which traits of loans and borrowers go before default, and how the traits go together.
    Grain: one row per record type, driver, bin (driver_bin) or other driver (correlation).
-#}
{%- set drivers = default_drivers() %}
{%- set double = type_double() %}
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

matrix as (
    select * from {{ ref('int_default_correlations') }}
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
    cast('driver_bin' as {{ text }}) as record_type,
    {%- set published = [
        'driver', 'driver_label', 'bin', 'bin_number', 'exposed_count', 'event_count',
        'event_rate_pct', 'event_rate_pct_lower', 'event_rate_pct_upper', 'base_rate_pct', 'lift',
        'weight_of_evidence', 'bin_information_value', 'information_value',
        'expected_information_value', 'critical_information_value', 'is_above_chance',
        'driver_rank_number', 'population_attributable_pct', 'bin_attributable_pct',
        'adjusted_odds_ratio', 'adjusted_odds_ratio_lower', 'adjusted_odds_ratio_upper',
        'is_reference_bin'
    ] %}
    {%- for column in published %}
    measured.{{ column }},
    {%- endfor %}
    cast('none' as {{ text }}) as other_driver,
    cast(null as {{ double }}) as spearman_correlation,
    cast(null as {{ double }}) as spearman_correlation_lower,
    cast(null as {{ double }}) as spearman_correlation_upper,
    cast(null as bigint) as pair_count,
    measured.loan_count,
    cast(measured.status as {{ text }}) as status,
    clock.as_of_date
from measured
cross join clock

union all

select
    cast('correlation' as {{ text }}) as record_type,
    matrix.driver,
    matrix.driver_label,
    cast('none' as {{ text }}) as bin,
    cast(null as integer) as bin_number,
    {%- for column in published[4:] %}
    cast(
        null as {% if column in ['exposed_count', 'event_count'] %}bigint
        {%- elif column == 'driver_rank_number' %}integer
        {%- elif column in ['is_above_chance', 'is_reference_bin'] %}boolean
        {%- else %}{{ double }}{% endif %}
    ) as {{ column }},
    {%- endfor %}
    matrix.other_driver,
    matrix.spearman_correlation,
    matrix.spearman_correlation_lower,
    matrix.spearman_correlation_upper,
    matrix.pair_count,
    matrix.loan_count,
    matrix.status,
    clock.as_of_date
from matrix
cross join clock
