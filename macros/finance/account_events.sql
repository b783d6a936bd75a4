{#-
    What an event changed is free text and may hold personal data, so that the text stays in bronze. Of it these leave
    bronze, each in its own type: a number where the event speaks of a limit or of a rate, a status of a closed list.
-#}

{#- The words of an event's type, each between blanks. -#}
{% macro event_words(event_type) -%}
    ' ' || replace(replace(lower({{ event_type }}), '_', ' '), '-', ' ') || ' '
{%- endmacro %}

{#- The limit that a text gives, NULL where the event is about none or the text is no plain number. -#}
{% macro event_limit(event_type, value) -%}
    case
        when {{ event_words(event_type) }} like '% limit %' or {{ event_words(event_type) }} like '% limits %'
            then {{ plain_number(value) }}
    end
{%- endmacro %}

{#- The rate as a fraction per year: above 1 it is a percentage, and is left out. -#}
{% macro event_rate(event_type, value) -%}
    case
        when
            (
                {{ event_words(event_type) }} like '% rate %'
                or {{ event_words(event_type) }} like '% rates %'
                or {{ event_words(event_type) }} like '% interest %'
            )
            and {{ plain_number(value) }} between -1 and 1
            then {{ plain_number(value) }}
    end
{%- endmacro %}

{#- One of a closed list of account statuses, NULL for any other text. -#}
{% macro event_status(value) -%}
    case lower(trim({{ value }}))
        {%- for status in ['Active', 'Dormant', 'Closed', 'Open', 'Inactive', 'Pending', 'Frozen', 'Blocked', 'Suspended',
                           'Restricted', 'Delinquent', 'Defaulted', 'Charged Off'] %}
        when '{{ status | lower }}' then '{{ status }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- Who triggered an event, from a closed list: a name stays in bronze. -#}
{% macro event_trigger(value) -%}
    case
        when {{ value }} is null then null
        when lower(trim({{ value }})) in ('system', 'customer', 'bank', 'branch', 'employee', 'agent', 'regulator',
                'policy', 'trial')
            then lower(trim({{ value }}))
        else 'other'
    end
{%- endmacro %}
