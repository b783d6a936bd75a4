{#-
    A hash per month that changes whenever anything changes that the month's rows are made from, variables included. A derived
    relation stores it in `_fingerprint`; a month is stale when the stored one is not the current one.

    `parts`: list of {relation, month, measures, is_cumulative}. `month` and each of `measures` are expressions; measures are
    summed per month, and up to and including it where the part is cumulative.
-#}
{% macro month_fingerprints(months, month_column, parts) -%}
    {#- hashed beside the windows: further out, a planner may do it once for each row that the month has -#}
    {%- set text -%}
        '{{ settings_fingerprint() }}/' ||
        {% for part in parts %}
        {%- set outer = loop.index -%}
        {%- for measure in part.measures -%}
        coalesce(cast({% if part.get('is_cumulative') -%}
        sum(part_{{ outer }}.measure_{{ loop.index }}) over (order by months.{{ month_column }} rows unbounded preceding)
        {%- else -%}
        part_{{ outer }}.measure_{{ loop.index }}
        {%- endif %} as {{ dbt.type_string() }}), '0'){% if not loop.last %} || ':' || {% endif %}
        {%- endfor -%}
        {% if not loop.last %} || '/' || {% endif %}
        {% endfor %}
    {%- endset %}
    select
        months.{{ month_column }},
        {{ dbt.hash(text) }} as _fingerprint
    from {{ months }} as months
    {% for part in parts -%}
    left join (
        select
            {{ part.month }} as part_month,
            {%- for measure in part.measures %}
            cast(sum(cast({{ measure }} as decimal(20, 0))) as decimal(38, 0)) as measure_{{ loop.index }}{% if not loop.last %},{% endif %}
            {%- endfor %}
        from {{ part.relation }}
        {% if part.get('where') %}where {{ part.where }}{% endif %}
        group by {{ part.month }}
    ) as part_{{ loop.index }} on months.{{ month_column }} = part_{{ loop.index }}.part_month
    {% endfor %}
{%- endmacro %}


{#- Months whose stored fingerprint is not the current one; none on a full refresh. -#}
{% macro stale_months(month_column, fingerprints) -%}
    {%- if not execute or not is_incremental() -%}{{ return(none) }}{%- endif -%}
    {%- set query -%}
        with current_prints as (
            {{ fingerprints }}
        ),
        stored_prints as (
            select distinct {{ month_column }}, _fingerprint
            from {{ this }}
        )
        select coalesce(current_prints.{{ month_column }}, stored_prints.{{ month_column }}) as partition_value
        from current_prints
        full outer join stored_prints
            on
                current_prints.{{ month_column }} = stored_prints.{{ month_column }}
                and current_prints._fingerprint = stored_prints._fingerprint
        where current_prints._fingerprint is null or stored_prints._fingerprint is null
    {%- endset -%}
    {{ return(listed_partitions(query)) }}
{%- endmacro %}
