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
