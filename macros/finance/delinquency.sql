{#-
    Day an instalment was paid in full, but for `instalment_tolerance_amount`; NULL while it is not. A payment settles the
    instalment in whose row it stands. Paid without a date: on the due day. A date without an amount settles nothing,
    unless no feed ever gave an amount (`amounts_are_given`, a boolean of SQL).
-#}
{% macro settled_date(scheduled_date, scheduled_amount, paid_date, paid_amount, amounts_are_given) -%}
    case
        when
            coalesce({{ paid_amount }}, 0) >= greatest(
                {{ scheduled_amount }} - {{ var('instalment_tolerance_amount') }}, least({{ scheduled_amount }}, 0.01)
            )
            then coalesce({{ paid_date }}, {{ scheduled_date }})
        when not {{ amounts_are_given }} then {{ paid_date }}
    end
{%- endmacro %}

{#- Days an instalment was (or still is, at the clock) past due; 0 when settled on time or not yet due. -#}
{% macro late_days(scheduled, settled, as_of) -%}
    case
        when coalesce({{ settled }}, {{ as_of }}) > {{ scheduled }}
            then {{ days_between(scheduled, 'coalesce(' ~ settled ~ ', ' ~ as_of ~ ')') }}
        else 0
    end
{%- endmacro %}

{#- Delinquency bucket by days past due. -#}
{% macro delinquency_bucket(days) -%}
    case
        when {{ days }} >= 90 then '90+'
        when {{ days }} >= 60 then '60-89'
        when {{ days }} >= 30 then '30-59'
        when {{ days }} >= 1 then '1-29'
        else 'current'
    end
{%- endmacro %}
