{#-
    The drivers that the diagnostic tables look at: name, words, and the order of their bins.
    Numbers carry the bounds between bins; the exposure models bin them, everything else reads.
-#}
{% macro churn_drivers() -%}
    {{ return([
        {'name': 'unresolved_complaint', 'label': 'Unresolved complaint, 3 months before',
         'bins': ['No', 'Yes']},
        {'name': 'fee_event', 'label': 'Fee charged, 3 months before', 'bins': ['No', 'Yes']},
        {'name': 'activity', 'label': 'Activity of 3 months against the year before',
         'edges': [0.4, 0.7, 1.0, 1.3],
         'bins': ['Below 40 %', '40 to 70 %', '70 to 100 %', '100 to 130 %', '130 % and more']},
        {'name': 'login_gap', 'label': 'Days without login, as last reported',
         'edges': [7, 14, 28],
         'bins': ['Below 7 days', '7 to 13 days', '14 to 27 days', '28 days and more']},
        {'name': 'dormant', 'label': 'An account dormant', 'bins': ['No', 'Yes']},
        {'name': 'rate_gap', 'label': 'Market rate above our savings rate',
         'edges': [1, 2, 3],
         'bins': ['No savings', 'Below 1 point', '1 to 2 points', '2 to 3 points',
                  '3 points and more']},
        {'name': 'tenure', 'label': 'Years with the bank', 'edges': [1, 2, 5, 10],
         'bins': ['Below 1 year', '1 to 2 years', '2 to 5 years', '5 to 10 years',
                  '10 years and more']},
        {'name': 'autopay', 'label': 'Autopay enrolled', 'bins': ['No', 'Yes']},
        {'name': 'age_group', 'label': 'Age group', 'bins': ['Under 18']},
        {'name': 'marital_status', 'label': 'Marital status'},
        {'name': 'education', 'label': 'Education'},
        {'name': 'home_ownership', 'label': 'Home ownership'},
        {'name': 'marketing_opt_in', 'label': 'Marketing opt-in', 'bins': ['No', 'Yes']},
        {'name': 'preferred_channel', 'label': 'Preferred channel'},
    ]) }}
{%- endmacro %}

{% macro default_drivers() -%}
    {{ return([
        {'name': 'credit_score', 'label': 'Credit score when the loan was made',
         'edges': [600, 640, 680, 720, 760], 'number': 'credit_score',
         'bins': ['Below 600', '600 to 639', '640 to 679', '680 to 719', '720 to 759',
                  '760 and more']},
        {'name': 'debt_to_income', 'label': 'Debt to income when the loan was made',
         'edges': [0.2, 0.3, 0.4, 0.5], 'number': 'debt_to_income_rate',
         'bins': ['Below 20 %', '20 to 30 %', '30 to 40 %', '40 to 50 %', '50 % and more']},
        {'name': 'loan_rate', 'label': 'Interest rate of the loan',
         'edges': [0.06, 0.08, 0.10, 0.12], 'number': 'loan_rate',
         'bins': ['Below 6 %', '6 to 8 %', '8 to 10 %', '10 to 12 %', '12 % and more']},
        {'name': 'utilisation', 'label': 'Card limit in use a month before',
         'edges': [0.25, 0.5, 0.75], 'number': 'utilisation_rate',
         'bins': ['No card', 'Below 25 %', '25 to 50 %', '50 to 75 %', '75 % and more']},
        {'name': 'unemployment', 'label': 'Unemployment in the month',
         'edges': [3.6, 3.9, 4.2, 5, 7], 'number': 'unemployment_rate',
         'bins': ['Below 3.6 %', '3.6 to 3.9 %', '3.9 to 4.2 %', '4.2 to 5 %', '5 to 7 %',
                  '7 % and more']},
        {'name': 'loan_age', 'label': 'Months since the first instalment',
         'edges': [6, 12, 24, 48], 'number': 'loan_age_months',
         'bins': ['Below 6 months', '6 to 12 months', '12 to 24 months', '24 to 48 months',
                  '48 months and more']},
        {'name': 'age_group', 'label': 'Age group', 'bins': ['Under 18']},
        {'name': 'marital_status', 'label': 'Marital status'},
        {'name': 'education', 'label': 'Education'},
        {'name': 'marketing_opt_in', 'label': 'Marketing opt-in', 'bins': ['No', 'Yes']},
    ]) }}
{%- endmacro %}

{#- Bin of the number of a driver of one of these lists; `special` is the first bin, for a case. -#}
{% macro driver_bin(drivers, name, value, special=none) -%}
    {%- set driver = (drivers | selectattr('name', 'equalto', name) | list)[0] -%}
    {%- if special -%}
    case
        when {{ special }} then cast('{{ driver.bins[0] }}' as {{ dbt.type_string() }})
        else {{ fixed_bin(value, driver.edges, driver.bins[1:]) }}
    end
    {%- else -%}
    {{ fixed_bin(value, driver.edges, driver.bins) }}
    {%- endif -%}
{%- endmacro %}
