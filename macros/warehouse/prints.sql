{#-
    Numbers that stand for what a row holds, to be added up: two histories with the same sum are the same. Below 2 to the 44th,
    so that half a million of them can be summed in 64 bits, and the same on every engine.
-#}

{#-
    Of whole numbers, without a hash: the product of two mixtures. A sum of one mixture would not notice a cent that moves from
    one day to another.
-#}
{% macro number_print(numbers) -%}
    ({{ mixture(numbers, 1103515245) }} * {{ mixture(numbers, 1664525) }}) % 17592186044416
{%- endmacro %}

{% macro mixture(numbers, factor) -%}
    {%- set mixed = namespace(text='7') -%}
    {%- for number in numbers -%}
        {%- set mixed.text = '((' ~ mixed.text ~ ' * cast(' ~ factor ~ ' as bigint) + '
            ~ 'coalesce(cast(' ~ number ~ ' as bigint), 1000000007) % 2147483647) % 2147483647)' -%}
    {%- endfor -%}
    {{ return(mixed.text) }}
{%- endmacro %}

{#- Of values of any kind but doubles, whose text is another on each engine. -#}
{% macro value_print(columns) -%}
    {{ surrogate_key(columns) }} % 17592186044416
{%- endmacro %}

{#- The variables that balances and summaries are made from, as a number of the same size. -#}
{% macro settings_print() -%}
    {{ return(settings_fingerprint()[:11] | int(base=16)) }}
{%- endmacro %}
