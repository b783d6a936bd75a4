{#-
    Spearman rank correlations of the drivers of default, and of default itself, over
    instalments. Grain: one row per driver and other driver.
-#}
{%- set drivers = default_drivers() | selectattr('number', 'defined') | list %}
{%- set double = type_double() %}
{%- set text = dbt.type_string() %}
{%- set z = normal_quantile() %}
with exposure as (
    select * from {{ ref('int_default_exposure') }}
),

numbers as (
    select
        account_natural_key,
        {%- for driver in drivers %}
        cast({{ driver.number }} as {{ double }}) as value_{{ loop.index }},
        {%- endfor %}
        cast(case when is_event then 1 else 0 end as {{ double }}) as value_0
    from exposure
),

pairs as (
    {%- for first in range(drivers | length + 1) %}
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
    select
        first_place,
        second_place,
        account_natural_key,
        rank() over (partition by first_place, second_place order by first_value nulls last)
            as first_place_rank,
        count(*) over (partition by first_place, second_place, first_value) as first_tie_count,
        rank() over (partition by first_place, second_place order by second_value nulls last)
            as second_place_rank,
        count(*) over (partition by first_place, second_place, second_value) as second_tie_count,
        count(*) over (partition by first_place, second_place) as pair_count
    from pairs
),

shared_ranks as (
    -- ties share their mean rank; twice its distance from the mean of all is a whole number
    select
        first_place,
        second_place,
        account_natural_key,
        2 * first_place_rank + first_tie_count - pair_count - 2 as first_rank,
        2 * second_place_rank + second_tie_count - pair_count - 2 as second_rank
    from ranked
),

summed as (
    select
        first_place,
        second_place,
        count(*) as pair_count,
        count(distinct account_natural_key) as loan_count,
        {{ double_sum('first_rank * first_rank', places=0) }} as first_variance,
        {{ double_sum('second_rank * second_rank', places=0) }} as second_variance,
        {{ double_sum('first_rank * second_rank', places=0) }} as covariance
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
    {%- for driver in drivers %}
    union all
    select
        {{ loop.index }} as place,
        cast('{{ driver.name }}' as {{ text }}) as driver,
        cast('{{ driver.label }}' as {{ text }}) as driver_label
    {%- endfor %}
)

-- both triangles, so that a heatmap is full; the diagonal is 1 by definition and left out
select
    driver_places.driver,
    driver_places.driver_label,
    other_places.driver as other_driver,
    cast(coalesce(widened.pair_count, 0) as bigint) as pair_count,
    cast(coalesce(widened.loan_count, 0) as bigint) as loan_count,
    cast(coalesce(widened.status, 'insufficient_data') as {{ text }}) as status,
    widened.correlation as spearman_correlation,
    coalesce(tanh(widened.fisher_score - widened.margin), widened.correlation)
        as spearman_correlation_lower,
    coalesce(tanh(widened.fisher_score + widened.margin), widened.correlation)
        as spearman_correlation_upper
from places as driver_places
inner join places as other_places on driver_places.place <> other_places.place
left join widened
    on
        greatest(driver_places.place, other_places.place) = widened.first_place
        and least(driver_places.place, other_places.place) = widened.second_place
