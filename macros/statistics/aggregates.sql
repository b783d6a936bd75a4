{#- Aggregates that say 0 only when they know it, and whose value no order of rows changes. -#}

{#- Rows on which the condition holds; zero without rows. -#}
{% macro count_if(condition) -%}
    cast(count(case when {{ condition }} then 1 end) as bigint)
{%- endmacro %}

{#-
    Rows whose flag is true. NULL where no row says (the feed has no such flag); zero where there
    are no rows at all, which
    `row_id` tells (a column that is never NULL on a row).
-#}
{% macro count_flagged(flag, row_id) -%}
    case
        when count({{ flag }}) > 0 or count({{ row_id }}) = 0 then {{ count_if(flag) }}
    end
{%- endmacro %}

{#- Sum of money over the rows of a condition; zero without rows. -#}
{% macro money_if(condition, amount) -%}
    {{ money('coalesce(sum(case when ' ~ condition ~ ' then ' ~ amount ~ ' end), 0)') }}
{%- endmacro %}

{#- Mean of known whole numbers in double, from their exact sum; NULL where none is known. -#}
{% macro average(value) -%}
    {{ ratio('sum(' ~ value ~ ')', 'count(' ~ value ~ ')') }}
{%- endmacro %}

{#-
    Sum of doubles that no order of rows changes: they are added up as decimals of so many places.
    `over` makes it a window.
-#}
{% macro double_sum(value, places=12, over='') -%}
    cast(sum(cast({{ value }} as decimal(38, {{ places }}))) {{ over }} as {{ type_double() }})
{%- endmacro %}

{#- Mean of known doubles, from that sum; NULL where none is known. -#}
{% macro average_double(value, places=12) -%}
    {{ ratio(double_sum(value, places), 'count(' ~ value ~ ')') }}
{%- endmacro %}

{#- Mean of known amounts, as money; NULL where none is known. -#}
{% macro average_money(amount) -%}
    {{ money(ratio('sum(' ~ amount ~ ')', 'count(' ~ amount ~ ')')) }}
{%- endmacro %}

{#- Quantile by linear interpolation between order statistics (type 7), in double. -#}
{% macro quantile(probability, value) -%}
    cast(percentile_cont({{ probability }}) within group (
        order by cast({{ value }} as {{ type_double() }})
    ) as {{ type_double() }})
{%- endmacro %}
