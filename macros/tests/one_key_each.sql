{#-
    Members of a dimension and their keys belong together one to one: no two members share a key, as hashes may, and none has
    two. `member` is the natural key, and what tells its versions apart. Fails with the members that do not.
-#}
{% test one_key_each(model, key, member) %}
    select *
    from (
        select
            members.*,
            count(*) over (partition by {{ key }}) as member_count,
            count(*) over (partition by {{ member | join(', ') }}) as key_count
        from (
            select distinct {{ key }}, {{ member | join(', ') }}
            from {{ model }}
        ) as members
    ) as counted
    where member_count > 1 or key_count > 1
{% endtest %}
