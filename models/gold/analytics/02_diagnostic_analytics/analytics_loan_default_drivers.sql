{#-
    Which traits of loans and borrowers go before default, and how the traits go together.
    Grain: one row per record type, driver, bin (driver_bin) or other driver (correlation).
-#}
{%- set drivers = default_drivers() %}
{%- set numbers = drivers | selectattr('number', 'defined') | map(attribute='number') | list %}
{%- set names = drivers | selectattr('number', 'defined') | map(attribute='name') | list %}
{%- set labels = drivers | selectattr('number', 'defined') | map(attribute='label') | list %}
{%- set double = type_double() %}
{%- set text = dbt.type_string() %}
{%- set z = normal_quantile() %}
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
),

numbers as (
    select
        account_natural_key,
        {%- for number in numbers %}
        cast({{ number }} as {{ double }}) as value_{{ loop.index }},
        {%- endfor %}
        cast(case when is_event then 1 else 0 end as {{ double }}) as value_0
    from exposure
),

pairs as (
    {%- for first in range(numbers | length + 1) %}
    {%- for second in range(first) %}
    {%- if first + second > 1 %}
    union all
    {%- endif %}
    select
        {{ first }} as first_place,
        {{ second }} as second_place,
        account_natural_key,
        value_{{ first }} as first_value,
        value_{{ second }} as second_value
    from numbers
    where value_{{ first }} is not null and value_{{ second }} is not null
    {%- endfor %}
    {%- endfor %}
),

ranked as (
    -- ties share their mean rank
    select
        first_place,
        second_place,
        account_natural_key,
        rank() over (partition by first_place, second_place order by first_value nulls last)
            as first_place_rank,
        count(*) over (partition by first_place, second_place, first_value) as first_tie_count,
        rank() over (partition by first_place, second_place order by second_value nulls last)
            as second_place_rank,
        count(*) over (partition by first_place, second_place, second_value) as second_tie_count
    from pairs
),

shared_ranks as (
    select
        first_place,
        second_place,
        account_natural_key,
        first_place_rank + (first_tie_count - 1) / 2.0 as first_rank,
        second_place_rank + (second_tie_count - 1) / 2.0 as second_rank
    from ranked
),

summed as (
    select
        first_place,
        second_place,
        count(*) as pair_count,
        count(distinct account_natural_key) as loan_count,
        var_pop(cast(first_rank as {{ double }})) as first_variance,
        var_pop(cast(second_rank as {{ double }})) as second_variance,
        covar_pop(cast(first_rank as {{ double }}), cast(second_rank as {{ double }}))
            as covariance
    from shared_ranks
    group by first_place, second_place
),

correlated as (
    select
        first_place,
        second_place,
        pair_count,
        loan_count,
        case
            when loan_count < 10 then 'insufficient_data'
            when first_variance = 0 or second_variance = 0 then 'no_variation'
            else 'ok'
        end as status,
        case
            when loan_count >= 10 and first_variance > 0 and second_variance > 0
                then
                    greatest(-1.0, least(
                        1.0, covariance / sqrt(first_variance) / sqrt(second_variance)
                    ))
        end as correlation
    from summed
),

widened as (
    -- Bonett and Wright (2000): the standard error of Fisher's z of a rank correlation
    select
        first_place,
        second_place,
        pair_count,
        loan_count,
        status,
        correlation,
        case when abs(correlation) < 1 then ln((1 + correlation) / (1 - correlation)) / 2 end
            as fisher_score,
        {{ z }} * sqrt((1 + correlation * correlation / 2) / (loan_count - 3)) as margin
    from correlated
),

places as (
    select
        0 as place,
        cast('default' as {{ text }}) as driver,
        cast('Default' as {{ text }}) as driver_label
    {%- for name in names %}
    union all
    select
        {{ loop.index }} as place,
        cast('{{ name }}' as {{ text }}) as driver,
        cast('{{ labels[loop.index0] }}' as {{ text }}) as driver_label
    {%- endfor %}
),

matrix as (
    -- both triangles, so that a heatmap is full; the diagonal is 1 by definition and left out
    select
        driver_places.driver,
        driver_places.driver_label,
        other_places.driver as other_driver,
        widened.pair_count,
        widened.loan_count,
        coalesce(widened.status, 'insufficient_data') as status,
        widened.correlation,
        widened.fisher_score,
        widened.margin
    from places as driver_places
    inner join places as other_places on driver_places.place <> other_places.place
    left join widened
        on
            greatest(driver_places.place, other_places.place) = widened.first_place
            and least(driver_places.place, other_places.place) = widened.second_place
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
    matrix.correlation as spearman_correlation,
    coalesce(tanh(matrix.fisher_score - matrix.margin), matrix.correlation)
        as spearman_correlation_lower,
    coalesce(tanh(matrix.fisher_score + matrix.margin), matrix.correlation)
        as spearman_correlation_upper,
    coalesce(matrix.pair_count, 0) as pair_count,
    coalesce(matrix.loan_count, 0) as loan_count,
    cast(matrix.status as {{ text }}) as status,
    clock.as_of_date
from matrix
cross join clock
