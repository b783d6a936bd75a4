{#-
    Why an account was closed, from a closed list: free text may hold personal data, so its words
    stay in bronze and only these reasons leave it. The first that fits; other for any other text,
    NULL without one.
-#}
{% macro closing_reason(note) -%}
    {%- set reasons = [
        ('%another bank%', 'Moved to another bank'),
        ('%better rate%', 'Better rate elsewhere'),
        ('%prepaid%', 'Loan prepaid'),
        ('%repaid%', 'Loan repaid'),
        ('%charged off%', 'Charged off'),
        ('%service%', 'Dissatisfied with service'),
        ('%fees%', 'Fees too high'),
        ('%moved%', 'Moved away'),
        ('%no longer%', 'No longer needed'),
    ] -%}
    cast(
        case
            when {{ note }} is null then null
            {%- for pattern, reason in reasons %}
            when lower({{ note }}) like '{{ pattern }}' then '{{ reason }}'
            {%- endfor %}
            else 'Other'
        end as {{ dbt.type_string() }}
    )
{%- endmacro %}
