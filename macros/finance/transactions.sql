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
