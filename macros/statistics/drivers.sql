{#-
    Driver tables: what goes before an event, one driver at a time. The exposed units hold each
    driver already binned, as text.
-#}

{#-
    Bin of a number: `edges` are the bounds between bins (a bin holds its lower bound), `labels`
    their words, one more than edges. NULL is Unknown.
-#}
{% macro fixed_bin(value, edges, labels) -%}
    cast(
        case
            when {{ value }} is null then 'Unknown'
            {%- for edge in edges %}
            when {{ value }} < {{ edge }} then '{{ labels[loop.index0] }}'
            {%- endfor %}
            else '{{ labels[-1] }}'
        end as {{ dbt.type_string() }}
    )
{%- endmacro %}

{#- Bin of a flag. NULL is Unknown. -#}
{% macro flag_bin(value) -%}
    cast(
        case when {{ value }} then 'Yes' when not {{ value }} then 'No' else 'Unknown' end
        as {{ dbt.type_string() }}
    )
{%- endmacro %}

{#-
    Units and events per driver and bin (and per `by`). `drivers`: list of {name, label, bins};
    `bins` orders the words, without it they stand in their alphabetical order. Where no unit is
    exposed each driver has one empty bin, so that its table says so.
-#}
{% macro driver_cells(exposure, drivers, by) -%}
    {%- for driver in drivers %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        {{ by }},
        cast('{{ driver.name }}' as {{ dbt.type_string() }}) as driver,
        cast('{{ driver.label }}' as {{ dbt.type_string() }}) as driver_label,
        {{ driver.name }}_bin as bin,
        case {{ driver.name }}_bin
            {%- for word in driver.get('bins', []) %}
            when '{{ word }}' then {{ loop.index }}
            {%- endfor %}
            when 'Unknown' then 1000
            else 999
        end as bin_order,
        cast(count(*) as bigint) as exposed_count,
        {{ count_if('is_event') }} as event_count
    from {{ exposure }}
    group by {{ by }}, {{ driver.name }}_bin
    {%- endfor %}
{%- endmacro %}

{#- The same for all groups together, and an empty bin for each driver where there is no unit. -#}
{% macro driver_cells_of_all(cells, drivers, by) -%}
    select
        cast('All' as {{ dbt.type_string() }}) as {{ by }},
        driver,
        driver_label,
        bin,
        bin_order,
        cast(sum(exposed_count) as bigint) as exposed_count,
        cast(sum(event_count) as bigint) as event_count
    from {{ cells }}
    group by driver, driver_label, bin, bin_order
    {%- for driver in drivers %}
    union all
    select
        cast('All' as {{ dbt.type_string() }}) as {{ by }},
        cast('{{ driver.name }}' as {{ dbt.type_string() }}) as driver,
        cast('{{ driver.label }}' as {{ dbt.type_string() }}) as driver_label,
        cast('Unknown' as {{ dbt.type_string() }}) as bin,
        1000 as bin_order,
        cast(0 as bigint) as exposed_count,
        cast(0 as bigint) as event_count
    from {{ ref('data_clock') }}
    where not exists (select 1 from {{ cells }})
    {%- endfor %}
{%- endmacro %}

{#-
    What the cells say about each driver, as a chain of CTEs that ends in `driver_ranks`: rates,
    lift, weight of evidence, information value and attributable share (Levin 1953, against the
    best known bin with at least 5 % of the units).

    Without any relation, information value times E N / (E + N) (E events, N others) is a
    chi-square with bins - 1 degrees of freedom, which gives the value expected by chance and the
    one that chance exceeds in 5 of 100 (quantile by Wilson and Hilferty 1931). Drivers are ranked
    by what lies above chance, or many thin bins would win. Fewer events (or others) than
    `driver_minimum_events` make no estimate.
-#}
{% macro driver_measures(cells, by) -%}
    {%- set group = 'partition by ' ~ by ~ ', driver' -%}
    {%- set double = type_double() -%}
    driver_counts as (
        select
            {{ by }},
            driver,
            driver_label,
            bin,
            exposed_count,
            event_count,
            dense_rank() over (
                partition by driver order by bin_order nulls last, bin nulls last
            ) as bin_number,
            cast(sum(event_count) over ({{ group }}) as {{ double }}) as events,
            cast(sum(exposed_count - event_count) over ({{ group }}) as {{ double }}) as others,
            cast(count(*) over ({{ group }}) - 1 as {{ double }}) as freedom
        from {{ cells }}
    ),

    driver_shares as (
        select
            {{ by }},
            driver,
            driver_label,
            bin,
            bin_number,
            exposed_count,
            event_count,
            freedom,
            case
                -- nothing is known of the driver
                when freedom < 1 and bin = 'Unknown' then 'insufficient_data'
                when freedom < 1 or events = 0 or others = 0 then 'no_variation'
                when least(events, others) < {{ var('driver_minimum_events') }}
                    then 'insufficient_data'
                else 'ok'
            end as status,
            1.0 / nullif(events, 0) + 1.0 / nullif(others, 0) as chance_scale,
            {{ ratio('event_count', 'exposed_count') }} as event_rate,
            {{ ratio('events', 'events + others') }} as base_rate,
            {{ ratio('exposed_count', 'events + others') }} as exposed_share,
            -- an empty cell counts as half a unit: its logarithm is finite, its sign right
            {{ ratio('greatest(event_count, 0.5)', 'events') }} as event_share,
            {{ ratio('greatest(exposed_count - event_count, 0.5)', 'others') }} as other_share
        from driver_counts
    ),

    driver_weights as (
        select
            {{ by }},
            driver,
            driver_label,
            bin,
            bin_number,
            exposed_count,
            event_count,
            event_rate,
            base_rate,
            exposed_share,
            status,
            event_rate / nullif(base_rate, 0) as lift,
            case when status = 'ok' then ln(event_share / other_share) end as weight_of_evidence,
            case
                when status = 'ok'
                    then (event_share - other_share) * ln(event_share / other_share)
            end as bin_information_value,
            case when status = 'ok' then freedom * chance_scale end as expected_information_value,
            case
                when status = 'ok'
                    then
                        freedom * chance_scale * power(
                            1.0 - 2.0 / (9.0 * freedom)
                            + 1.6448536269514722 * sqrt(2.0 / (9.0 * freedom)), 3
                        )
            end as critical_information_value,
            min(case when exposed_share >= 0.05 and bin <> 'Unknown' then event_rate end)
                over ({{ group }}) as reference_rate
        from driver_shares
    ),

    driver_values as (
        select
            {{ by }},
            driver,
            driver_label,
            bin,
            bin_number,
            exposed_count,
            event_count,
            event_rate,
            base_rate,
            status,
            lift,
            weight_of_evidence,
            bin_information_value,
            expected_information_value,
            critical_information_value,
            {{ double_sum('bin_information_value', over='over (' ~ group ~ ')') }}
                as information_value,
            case
                when status = 'ok' and reference_rate <= base_rate
                    -- 100 at most, to the last digit
                    then 100.0 * (1.0 - reference_rate / base_rate)
            end as population_attributable_pct,
            case
                when status = 'ok' and reference_rate <= base_rate
                    then 100.0 * exposed_share * (event_rate - reference_rate) / base_rate
            end as bin_attributable_pct
        from driver_weights
    ),

    driver_ranks as (
        select
            {{ by }},
            driver,
            driver_label,
            bin,
            bin_number,
            exposed_count,
            event_count,
            event_rate,
            base_rate,
            status,
            lift,
            weight_of_evidence,
            bin_information_value,
            information_value,
            expected_information_value,
            critical_information_value,
            population_attributable_pct,
            bin_attributable_pct,
            coalesce(information_value > critical_information_value, false) as is_above_chance,
            case
                when status = 'ok'
                    then dense_rank() over (
                        partition by {{ by }}, status
                        order by
                            -- logarithms of two engines differ in the last digits
                            round(cast(
                                information_value - expected_information_value as decimal(38, 12)
                            ), 9) desc nulls last,
                            driver nulls last
                    )
            end as driver_rank_number
        from driver_values
    )
{%- endmacro %}

{#- Columns that every driver table publishes, in their order. -#}
{% macro driver_columns(measures, odds) -%}
    {%- set double = type_double() -%}
    {{ measures }}.driver,
    {{ measures }}.driver_label,
    {{ measures }}.bin,
    cast({{ measures }}.bin_number as integer) as bin_number,
    {{ measures }}.exposed_count,
    {{ measures }}.event_count,
    100.0 * {{ measures }}.event_rate as event_rate_pct,
    {{ wilson_lower(measures ~ '.event_count', measures ~ '.exposed_count') }}
        as event_rate_pct_lower,
    {{ wilson_upper(measures ~ '.event_count', measures ~ '.exposed_count') }}
        as event_rate_pct_upper,
    100.0 * {{ measures }}.base_rate as base_rate_pct,
    {{ measures }}.lift,
    {%- for measure in [
        'weight_of_evidence', 'bin_information_value', 'information_value',
        'expected_information_value', 'critical_information_value'
    ] %}
    cast({{ measures }}.{{ measure }} as {{ double }}) as {{ measure }},
    {%- endfor %}
    {{ measures }}.is_above_chance,
    cast({{ measures }}.driver_rank_number as integer) as driver_rank_number,
    cast({{ measures }}.population_attributable_pct as {{ double }})
        as population_attributable_pct,
    cast({{ measures }}.bin_attributable_pct as {{ double }}) as bin_attributable_pct,
    {{ odds }}.adjusted_odds_ratio,
    {{ odds }}.adjusted_odds_ratio_lower,
    {{ odds }}.adjusted_odds_ratio_upper,
    coalesce({{ odds }}.is_reference_bin, false) as is_reference_bin
{%- endmacro %}
