{% macro settings_differ(settings, relation) %}
    {#- SQL of a query, for `finds_a_row`: whether some account's settings are others than those by which its rows in
        `relation` were made. `settings` is a query for account and settings_hash; rows of who has none have no hash. -#}
    select from ({{ settings }}) as setting
    full join (
        select distinct account, settings_hash from {{ relation }} where settings_hash is not null
    ) as made using (account, settings_hash)
    where setting.account is null or made.account is null
{%- endmacro %}


{% macro settings_of(seed, columns) %}
    {#- A query: what a seed says of each account, as one hash. -#}
    select account, md5(string_agg(concat_ws('|', {{ columns | join(", ") }}), ',' order by {{ columns | join(", ") }})) as settings_hash
    from {{ seed }}
    group by account
{%- endmacro %}
