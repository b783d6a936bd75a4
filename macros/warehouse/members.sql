{#-
    Type 1 dimension members: the newest version of each entity, entities that events mention but no feed has delivered, and
    the unknown member (natural key -1). Yields `<name>_key`, `<name>_natural_key`, `is_inferred`; attributes are joined on.
-#}
{% macro type1_members(name, newest, natural_key, mentions) -%}
    select
        {{ surrogate_key([natural_key]) }} as {{ name }}_key,
        {{ natural_key }} as {{ name }}_natural_key,
        false as is_inferred
    from {{ newest }}
    union all
    select
        {{ surrogate_key(['natural_key']) }} as {{ name }}_key,
        natural_key as {{ name }}_natural_key,
        true as is_inferred
    from (
        {{ inferred_members(mentions, newest, natural_key) }}
    ) as inferred
    union all
    select
        {{ unknown_key() }} as {{ name }}_key,
        -1 as {{ name }}_natural_key,
        true as is_inferred
{%- endmacro %}

{#- The newest version of each entity: Type 1 attributes. -#}
{% macro newest_version(relation, key) -%}
    select *
    from (
        select
            *,
            row_number() over (partition by {{ key }} order by updated_at desc nulls last) as recency
        from {{ relation }}
    ) as versions
    where recency = 1
{%- endmacro %}
