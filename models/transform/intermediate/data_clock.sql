{#- The only clock of every model. Grain: one row. -#}
with months as (
    select * from {{ ref('int_feed_months') }}
    where not is_lonely
),

limits as (
    select
        min(case when scope_name = 'events' then first_date end) as first_event_date,
        max(case when scope_name = 'events' then last_date end) as last_event_date,
        min(case when scope_name = 'transactions' then first_date end) as first_transaction_date
    from months
)

select
    {% if var('as_of') is not none -%}
    cast('{{ var("as_of") }}' as date) as as_of_date,
    {%- else -%}
    last_event_date as as_of_date,
    {%- endif %}
    first_event_date,
    last_event_date,
    first_transaction_date
from limits
