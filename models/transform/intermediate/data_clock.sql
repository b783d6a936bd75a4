{#- The only clock of every model. Grain: one row. -#}
with months as (
    select * from {{ ref('int_feed_months') }}
    where not is_lonely
),

limits as (
    select
        min(case when scope_name = 'events' then first_date end) as first_event_date,
        max(case when scope_name = 'events' then last_date end) as last_event_date,
        min(case when scope_name = 'transactions' then first_date end) as first_transaction_date,
        max(case when scope_name = 'transactions' then last_date end) as last_transaction_date
    from months
),

clocked as (
    select
        limits.*,
        {% if var('as_of') is not none -%}
        cast('{{ var("as_of") }}' as date) as as_of_date
        {%- else -%}
        last_event_date as as_of_date
        {%- endif %}
    from limits
)

select
    as_of_date,
    first_event_date,
    last_event_date,
    first_transaction_date,
    {{ feed_end('last_transaction_date', 'as_of_date') }} as transaction_end_date
from clocked
