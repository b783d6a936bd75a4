{#-
    What a warehouse knows of its builds, in schema `builds`: the settings they were given and the ledger of relations
    (macros/warehouse/settings.sql, ledger.sql). Made at the start of a build, plain dbt's too, before either is written to.
-#}
{% macro create_builds() -%}
    {%- if not execute or flags.WHICH not in ('build', 'run') -%}{{ return('') }}{%- endif -%}
    {%- do adapter.create_schema(api.Relation.create(database=(target.database or none), schema='builds')) -%}
    {%- do run_query(create_settings()) -%}
    {{ return(create_ledger()) }}
{%- endmacro %}
