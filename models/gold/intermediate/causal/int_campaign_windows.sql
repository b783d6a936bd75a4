{#-
    Purchases of each campaign's customers in the fortnights before its first contact and since.
    Grain: one row per campaign and customer.
-#}
{%- set fortnights = [
    ('before_8_count', -8),
    ('before_7_count', -7),
    ('before_6_count', -6),
    ('before_5_count', -5),
    ('before_4_count', -4),
    ('before_3_count', -3),
    ('before_2_count', -2),
    ('before_1_count', -1),
    ('after_1_count', 0),
    ('after_2_count', 1),
    ('after_3_count', 2),
    ('after_4_count', 3),
    ('after_5_count', 4),
] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

members as (
    select * from {{ ref('int_campaign_members') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

purchases as (
    select
        members.campaign_natural_key,
        members.customer_natural_key,
        {{ days_between('members.first_date', 'transactions.transaction_date') }} as place
    from members
    inner join transactions
        on
            members.customer_natural_key = transactions.customer_natural_key
            and {{ add_days('members.first_date', -112) }} <= transactions.transaction_date
            and {{ add_days('members.first_date', 70) }} > transactions.transaction_date
    where {{ is_purchase('transactions') }}
),

bought as (
    select
        {%- for name, number in fortnights %}
        {{ count_if('place >= ' ~ 14 * number ~ ' and place < ' ~ (14 * number + 14)) }}
            as {{ name }},
        {%- endfor %}
        campaign_natural_key,
        customer_natural_key
    from purchases
    group by campaign_natural_key, customer_natural_key
),

-- how much a customer buys, from months that no change is measured by
earlier as (
    select
        members.campaign_natural_key,
        members.customer_natural_key,
        cast(sum(summaries.purchase_count) as bigint) as earlier_count,
        cast(count(*) as bigint) as earlier_months
    from members
    inner join summaries
        on
            members.customer_natural_key = summaries.customer_natural_key
            and {{ add_days('members.first_date', -477) }} <= summaries.month_end_date
            and {{ add_days('members.first_date', -112) }} > summaries.month_end_date
    group by members.campaign_natural_key, members.customer_natural_key
)

select
    members.campaign_natural_key,
    members.campaign_name,
    members.campaign_type,
    members.has_holdout,
    members.first_date,
    members.last_date,
    members.customer_natural_key,
    members.is_contacted,
    members.is_converted,
    members.customer_segment,
    members.annual_income_amount,
    members.tenure_days,
    {%- for name, number in fortnights %}
    case
        when
            {{ add_days('members.first_date', 14 * number) }} >= clock.first_transaction_date
            and {{ add_days('members.first_date', 14 * number + 13) }} <= clock.transaction_end_date
            then coalesce(bought.{{ name }}, 0)
    end as {{ name }},
    {%- endfor %}
    earlier.earlier_count,
    coalesce(earlier.earlier_months, 0) as earlier_months
from members
cross join clock
left join bought
    on
        members.campaign_natural_key = bought.campaign_natural_key
        and members.customer_natural_key = bought.customer_natural_key
left join earlier
    on
        members.campaign_natural_key = earlier.campaign_natural_key
        and members.customer_natural_key = earlier.customer_natural_key
