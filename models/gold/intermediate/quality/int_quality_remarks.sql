{#-
    What the loader read otherwise than it is written, or found hard to believe.
    Grain: one row per check, feed and reason.
-#}
{%- set text = dbt.type_string() %}
{%- set kinds = [
    ('amounts_against_type', 'warning', 'amounts go the other way than their type says',
        'if the feed writes signs otherwise, load it into a new warehouse with a mapping '
        ~ '(sign: inverted or by_type)'),
    ('unread_direction', 'warning', 'a column may say which way the money goes, in unknown words',
        'declare the column in a mapping (sign_of), or as ignored'),
    ('words_unknown', 'warning', 'words that decide, and no model knows', 'say in a mapping what they mean (values), or that they are ignored'),
    ('balance_mismatch', 'warning', 'a statement whose totals do not tie',
        'ask the bank for the statement again, and load it'),
    ('statement_gap', 'warning', 'statements of an account are missing in between', 'fetch and load them'),
    ('rows_doubtful', 'warning', 'rows of a file beside the feeds that cannot be read', 'mend the rows at the source, and load again'),
    ('entries_not_booked', 'info', 'pending, expected or declined entries', 'nothing: they come again when they are booked'),
    ('balance_unchecked', 'info', 'a statement without an opening or a closing balance', 'nothing, if the bank gives none'),
    ('hours_read_as_empty', 'info', 'hour 0 beside dates without a time', 'leave the column empty at the source'),
    ('dates_read_as_empty', 'info', 'a day that stands for no date', 'nothing, if the day means "none"'),
    ('words_read_as_empty', 'info', 'words that stand for no value', 'nothing, if NULL, n/a or a dash mean "none" there'),
    ('persons_erased', 'info', 'placeholders in place of a person', 'nothing, if the person asked to be erased'),
    ('postal_zeros_missing', 'info', 'US postal codes of too few digits', 'export codes as text: a spreadsheet takes their zeros away'),
    ('decimal_comma', 'info', 'numbers with a decimal comma', 'nothing, if 1,5 is one and a half there'),
    ('lines_padded', 'info', 'lines that end before the last columns', 'nothing, if the source leaves out empty values at the end of a line'),
    ('rows_corrected', 'info', 'corrected by a later file', 'nothing, if the later file is right'),
    ('rows_gone', 'info', 'gone from a full extract', 'nothing, if the source has deleted them'),
    ('rows_erased', 'info', 'of erased customers', 'nothing: they come in without whose they are'),
    ('rows_back', 'info', 'back in a full extract', 'nothing, if the source has them again'),
] %}
with feeds as (
    select * from {{ ref('int_feeds') }}
),

remarks as (
    select * from {{ ref('int_loader_remarks') }}
),

kinds as (
    {%- for kind, severity, reason, advice in kinds %}
    {{ 'union all' if not loop.first }}
    select
        cast('{{ kind }}' as {{ text }}) as check_name,
        cast('{{ severity }}' as {{ text }}) as severity,
        cast('{{ reason }}' as {{ text }}) as reason_name,
        cast('{{ advice }}' as {{ text }}) as advice
    {%- endfor %}
)

select
    kinds.check_name,
    remarks.feed_name,
    kinds.reason_name,
    kinds.severity,
    remarks.remarked_count as concerned_count,
    -- rows that were corrected since are fewer than those that were remarked on
    greatest(feeds.row_count, remarks.remarked_count) as row_count,
    cast(null as {{ text }}) as example_keys,
    remarks.first_loaded_date as since_date,
    kinds.advice
from remarks
inner join kinds on remarks.remark_kind = kinds.check_name
inner join feeds on remarks.feed_name = feeds.feed_name
