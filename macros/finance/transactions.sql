{#-
    The one definition of a transaction's direction: the sign of its amount; where the amount is zero, what its type
    usually does.
-#}
{% macro transaction_direction(amount, transaction_type) -%}
    case
        when {{ amount }} < 0 then 'debit'
        when {{ amount }} > 0 then 'credit'
        when {{ transaction_type }} in ('Deposit', 'Refund') then 'credit'
        else 'debit'
    end
{%- endmacro %}

{#-
    The one definition of the hour a transaction began in, 0-23: that of its time; of a bare date, which reads as midnight,
    what the feed says beside it; NULL where it says nothing.
-#}
{% macro transaction_hour(transaction_at, hour_of_day) -%}
    case
        when {{ transaction_at }} > cast(cast({{ transaction_at }} as date) as timestamp)
            then cast({{ calendar_part('hour', transaction_at) }} as integer)
        else {{ hour_of_day }}
    end
{%- endmacro %}

{#-
    What a transaction paid for; NULL where nobody says. What the transaction says of its category goes before what its
    merchant usually sells. `codes` and `merchants` are joined on the code and on the key.
-#}
{% macro spending_category_group(codes, merchants) -%}
    coalesce({{ codes }}.category_group, {{ merchants }}.merchant_category_group)
{%- endmacro %}

{% macro spending_category(transactions, codes, merchants) -%}
    coalesce(
        {{ transactions }}.merchant_category, {{ codes }}.category, {{ merchants }}.merchant_category
    )
{%- endmacro %}

{#-
    Months of transactions whose category is not what the codes and merchants say by now. `facts` holds what was resolved,
    `staged` what the transactions themselves said: only those that said nothing can have changed.
-#}
{% macro recategorised_months(facts, staged, codes, merchants) -%}
    select distinct facts.transaction_month as partition_value
    from {{ facts }} as facts
    left join {{ codes }} as codes on facts.mcc_code = codes.mcc_code
    left join {{ merchants }} as merchants on facts.merchant_key = merchants.merchant_key
    where
        coalesce(facts.merchant_category_group, '')
        <> coalesce({{ spending_category_group('codes', 'merchants') }}, '')
    union
    select distinct facts.transaction_month as partition_value
    from {{ facts }} as facts
    inner join {{ staged }} as staged on facts.transaction_id = staged.transaction_id
    left join {{ codes }} as codes on facts.mcc_code = codes.mcc_code
    left join {{ merchants }} as merchants on facts.merchant_key = merchants.merchant_key
    where
        staged.merchant_category is null
        and coalesce(facts.merchant_category, '')
        <> coalesce({{ spending_category('staged', 'codes', 'merchants') }}, '')
{%- endmacro %}

{#- A purchase that moved money: a refund, a cash withdrawal or a transfer is none. -#}
{% macro is_purchase(transactions) -%}
    {{ transactions }}.transaction_type = 'Purchase'
    and {{ transactions }}.direction = 'debit'
    and not {{ transactions }}.is_declined
{%- endmacro %}

{#-
    Merchant category codes (ISO 18245, four digits, so that text compares as numbers do):
    groceries, fuel, utilities and health; travel and transport.
-#}
{% macro mcc_is_essential(mcc_code) -%}
    ({{ mcc_code }} in ('5411', '5422', '5451', '5462', '5541', '5542', '5912')
    or {{ mcc_code }} between '4812' and '4900' or {{ mcc_code }} between '8000' and '8099')
{%- endmacro %}

{% macro mcc_is_travel(mcc_code) -%}
    ({{ mcc_code }} between '3000' and '3999' or {{ mcc_code }} between '4000' and '4799'
    or {{ mcc_code }} in ('7011', '7523'))
{%- endmacro %}
