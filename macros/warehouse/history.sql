{#- The newest arrival of each key: the highest batch, then the highest row of its file. -#}
{% macro latest_arrival(relation, key) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }} order by _batch_id desc nulls last, _source_row desc nulls last
            ) as arrival_rank
        from {{ relation }}
    ) as ranked
    where arrival_rank = 1
{%- endmacro %}


{#- Only what arrived since the last build; everything on a full refresh. Batch ids only grow, so the newest stored one is the mark. -#}
{% macro arrived_since() -%}
    {%- if is_incremental() -%}
        _batch_id > (select coalesce(max(_batch_id), 0) from {{ this }})
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}


{#- Hash over the tracked (Type 2) columns of a version. -#}
{% macro version_hash(columns) -%}
    {{ dbt.hash(joined_values(columns)) }}
{%- endmacro %}


{#-
    SCD Type 2 intervals from versions (one row per `key` and `updated_at`, columns tracked or not).
    A version that changes no tracked column opens no interval. The first interval reaches back to 1900, so that an event
    dated before the first known version still has its entity; the last is open to 9999. Computed from all versions each
    time, therefore right for late, out-of-order and backfilled ones.
-#}
{% macro scd2_intervals(versions, key, tracked) -%}
    select
        changes.*,
        row_number() over (partition by {{ key }} order by updated_at) as version_number,
        case
            when row_number() over (partition by {{ key }} order by updated_at) = 1
                then cast('1900-01-01' as timestamp)
            else updated_at
        end as valid_from,
        coalesce(
            lead(updated_at) over (partition by {{ key }} order by updated_at),
            cast('9999-12-31' as timestamp)
        ) as valid_to,
        lead(updated_at) over (partition by {{ key }} order by updated_at) is null as is_current
    from (
        select
            hashed.*,
            lag(tracked_hash) over (partition by {{ key }} order by updated_at) as previous_hash
        from (
            select versions.*, {{ version_hash(tracked) }} as tracked_hash
            from {{ versions }} as versions
        ) as hashed
    ) as changes
    where previous_hash is null or previous_hash <> tracked_hash
{%- endmacro %}


{#- Keys that events mention and the entity's feed has not delivered (yet): one row per id. `mentions`: [(relation, column)]. -#}
{% macro inferred_members(mentions, known, known_column) -%}
    select distinct mentioned.natural_key
    from (
        {%- for relation, column in mentions %}
        {% if not loop.first %}union{% endif %}
        select {{ column }} as natural_key from {{ relation }}
        {%- endfor %}
    ) as mentioned
    left join (select distinct {{ known_column }} as natural_key from {{ known }}) as known
        on mentioned.natural_key = known.natural_key
    where mentioned.natural_key is not null and known.natural_key is null
{%- endmacro %}


{#-
    Members of an SCD Type 2 dimension: one row per entity and interval of `versions` (a relation with one row per `natural_key`
    and `updated_at`, the tracked columns among its columns), the entities that events mention and no feed has delivered, and
    the unknown member. Yields `<name>_key`, `<name>_natural_key`, the interval and `updated_at` of the version that opened it;
    attributes are joined on.
-#}
{% macro type2_members(name, versions, natural_key, mentions) -%}
    {%- set always -%}
        cast(null as timestamp) as updated_at,
        cast('1900-01-01' as timestamp) as valid_from,
        cast('9999-12-31' as timestamp) as valid_to,
        true as is_current,
        true as is_inferred,
        1 as version_number
    {%- endset -%}
    select
        {{ surrogate_key([natural_key, 'updated_at']) }} as {{ name }}_key,
        {{ natural_key }} as {{ name }}_natural_key,
        updated_at,
        valid_from,
        valid_to,
        is_current,
        false as is_inferred,
        cast(version_number as integer) as version_number
    from (
        {{ scd2_intervals(versions, natural_key, var('scd2_tracked_columns')[name]) }}
    ) as intervals
    union all
    select
        {{ surrogate_key(['natural_key', "'inferred'"]) }} as {{ name }}_key,
        natural_key as {{ name }}_natural_key,
        {{ always }}
    from (
        {{ inferred_members(mentions, versions, natural_key) }}
    ) as inferred
    union all
    select
        {{ unknown_key() }} as {{ name }}_key,
        -1 as {{ name }}_natural_key,
        {{ always }}
{%- endmacro %}


{#-
    Where a column of a two-version dimension comes from: the version itself where it is tracked (Type 2), the newest one where it
    is not (Type 1: overwritten in all versions). `versioned('customer', 'city')` is attributes.city or newest.city.
-#}
{% macro versioned(name, column) -%}
    {{- 'attributes.' if column in var('scd2_tracked_columns')[name] else 'newest.' }}{{ column -}}
{%- endmacro %}

{#-
    When each entity was first recorded. The first interval of a version reaches back for ever, so that facts find one; what a
    model takes for known at a moment must have been recorded by then, or it looks into the future. An extract without history
    records everything on its last day.
-#}
{% macro first_records(relation, id) -%}
    select
        {{ id }},
        min(updated_at) as first_recorded_at
    from {{ relation }}
    group by {{ id }}
{%- endmacro %}

{#-
    A column of a version as a feature: of a timeless one (Type 1) only the newest value is kept, which says nothing of then.
-#}
{% macro known_then(name, alias, column, type) -%}
    {%- if column in var('scd2_tracked_columns')[name] -%}
        {{ alias }}.{{ column }}
    {%- else -%}
        cast(null as {{ contract_type(type) }})
    {%- endif -%}
{%- endmacro %}
