{#-
    Hash of the variables that relations with a fingerprint are made from, through all that they read: a changed one makes
    every partition stale, in plain dbt too. `as_of` is not among them: what it changes shows in the rows that are counted.
    tests/conventions holds the list against what the models and their macros read.
-#}
{% macro settings_fingerprint() -%}
    {%- set values = [] -%}
    {%- for name in [
        'activity_days',
        'include_pii',
        'reporting_currency',
        'scd2_tracked_columns',
        'snapshot_daily_days',
    ] -%}
        {%- do values.append([name, var(name)]) -%}
    {%- endfor -%}
    {{ return(local_md5(tojson(values, sort_keys=true))) }}
{%- endmacro %}

{% macro create_settings() -%}
    create table if not exists builds.settings (
        build_number {{ contract_type('bigint') }}, variables {{ contract_type('text') }}
    )
{%- endmacro %}

{#-
    At the start of a build, plain dbt's too: the variables it was given go into `builds.settings`, unless the newest row says
    the same. They are written before anything is built, so that a build that dies does not hide with what it was made.
    `as_of` is of one build and never kept. The command line reads the newest row (financial_analytics.lasting).
-#}
{% macro keep_settings() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}{{ return('') }}{%- endif -%}
    {%- set given = {} -%}
    {%- for name, value in invocation_args_dict.get('vars', {}).items() if name != 'as_of' -%}
        {%- do given.update({name: value}) -%}
    {%- endfor -%}
    {%- set kept = text_literal(tojson(given, sort_keys=true)) -%}
    insert into builds.settings
    with earlier as (
        select * from builds.settings
    ),

    newest as (
        select coalesce(max(build_number), 0) as build_number
        from earlier
    )

    select
        newest.build_number + 1 as build_number,
        {{ kept }} as variables
    from newest
    left join earlier on newest.build_number = earlier.build_number
    where coalesce(earlier.variables, '{}') <> {{ kept }}
{%- endmacro %}
