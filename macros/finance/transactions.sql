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
    What a transaction paid for. What the transaction says of its category goes before what its
    merchant usually sells. `codes` and `merchants` are joined on the code and on the key.
-#}
{% macro spending_category_group(codes, merchants) -%}
    {{ known_text(
        'coalesce(' ~ codes ~ '.category_group, ' ~ merchants ~ '.merchant_category_group)'
    ) }}
{%- endmacro %}

{% macro spending_category(transactions, codes, merchants) -%}
    {{ known_text(
        'coalesce(' ~ transactions ~ '.merchant_category, ' ~ codes ~ '.category, '
        ~ merchants ~ '.merchant_category)'
    ) }}
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
