{#-
    The macroeconomic series that the bank reads: name, words, unit, the values that can be of
    that unit, and how many days after its date a value is published, where the feed does not say.
    `minimum` and `maximum` are wide on purpose: they tell a level from a rate and a share from
    per cent, and leave what is merely unusual alone. `is_growth`: growth of something whose level
    a feed can send by mistake.
-#}
{% macro economic_indicators() -%}
    {{ return([
        {'name': 'gdp_growth_rate', 'label': 'Growth of gross domestic product',
         'unit': 'per cent per year', 'minimum': -60, 'maximum': 60, 'days': 120, 'is_growth': true},
        {'name': 'unemployment_rate', 'label': 'Unemployment', 'unit': 'per cent',
         'minimum': 0.5, 'maximum': 60, 'days': 40},
        {'name': 'inflation_rate', 'label': 'Growth of consumer prices',
         'unit': 'per cent per year', 'minimum': -20, 'maximum': 100, 'days': 45, 'is_growth': true},
        {'name': 'federal_funds_rate', 'label': 'Federal funds rate', 'unit': 'per cent per year',
         'minimum': -2, 'maximum': 30, 'days': 31},
        {'name': 'sp500_index', 'label': 'S&P 500', 'unit': 'points',
         'minimum': 10, 'maximum': 100000, 'days': 31},
        {'name': 'vix_index', 'label': 'VIX', 'unit': 'points',
         'minimum': 5, 'maximum': 150, 'days': 31},
        {'name': 'consumer_confidence_index', 'label': 'Consumer confidence', 'unit': 'points',
         'minimum': 10, 'maximum': 250, 'days': 31},
        {'name': 'housing_price_index', 'label': 'House prices', 'unit': 'points',
         'minimum': 10, 'maximum': 5000, 'days': 90},
        {'name': 'treasury_yield_10yr', 'label': 'Treasury yield, ten years',
         'unit': 'per cent per year', 'minimum': -2, 'maximum': 30, 'days': 31},
        {'name': 'mortgage_rate_30yr', 'label': 'Mortgage rate, 30 years',
         'unit': 'per cent per year', 'minimum': 0, 'maximum': 30, 'days': 31},
    ]) }}
{%- endmacro %}

{#-
    The value of an indicator that was known at a moment, joined to it: the newest date published by
    then, as published by then.
-#}
{% macro known_indicator(name, known_at, alias) -%}
    left join {{ ref('dim_economic_indicators') }} as {{ alias }}
        on
            {{ alias }}.indicator_name = '{{ name }}'
            and {{ known_at }} >= {{ alias }}.valid_from
            and {{ known_at }} < {{ alias }}.valid_to
{%- endmacro %}

{#- What the list says of the indicator that a column names: its label or unit. -#}
{% macro indicator_word(indicator_name, word) -%}
    case {{ indicator_name }}
        {%- for indicator in economic_indicators() %}
        when '{{ indicator.name }}' then '{{ indicator[word] }}'
        {%- endfor %}
    end
{%- endmacro %}

{#-
    Whether a value can be of its indicator's unit. `smoothness`: what was known by then, as
    known_count, change_count, step_sum and value_sum; a level moves by little of itself (below 1.2 %
    a step for the product, 0.3 % for prices), its growth by ten times that.
-#}
{% macro unit_status(indicator_name, observed_value) -%}
    case
        {%- for indicator in economic_indicators() %}
        when
            {{ indicator_name }} = '{{ indicator.name }}'
            and ({{ observed_value }} < {{ indicator.minimum }} or {{ observed_value }} > {{ indicator.maximum }})
            then 'not_of_unit'
        {%- endfor %}
        when
            {{ indicator_name }} in (
                {%- for indicator in economic_indicators() if indicator.is_growth -%}
                '{{ indicator.name }}'{{ ', ' if not loop.last }}
                {%- endfor -%}
            )
            and known_count >= 12
            and change_count * 4 >= known_count
            and step_sum < 0.0125 * value_sum
            then 'looks_like_level'
        else 'ok'
    end
{%- endmacro %}
