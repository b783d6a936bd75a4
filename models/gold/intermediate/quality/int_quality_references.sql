{#-
    Members that events mention and no feed has delivered.
    Grain: one row per check, feed and reason.
-#}
{%- set checks = [
    ('accounts', ref('dim_account'), 'account', 'is_current'),
    ('customers', ref('dim_customer'), 'customer', 'is_current'),
    ('products', ref('dim_product'), 'product', '1 = 1'),
    ('merchants', ref('dim_merchant'), 'merchant', '1 = 1'),
    ('marketing_campaigns', ref('dim_campaign'), 'campaign', '1 = 1'),
] -%}
with
{%- for feed, relation, name, condition in checks %}
{{ feed }} as (
    select
        {{ name }}_natural_key,
        is_inferred
    from {{ relation }}
    where {{ name }}_key <> {{ unknown_key() }} and {{ condition }}
){{ ',' if not loop.last }}
{%- endfor %}
{% for feed, relation, name, condition in checks %}
{{ 'union all' if not loop.first }}
{{ quality_check('unknown_' ~ feed, feed, feed, name ~ '_natural_key',
    "case when is_inferred then 'mentioned, never delivered' end",
    'load the rows that are missing; what they did counts, under an unknown name') }}
{% endfor %}
