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
