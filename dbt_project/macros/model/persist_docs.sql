{#- Comments of a relation and of its columns in one statement, without asking the database which columns there are: a
    test of the project holds those that are described against those that exist. -#}

{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set statements = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do statements.append(postgres__alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() if column.description -%}
            {%- set comment = postgres_escape_comment(column.description) -%}
            {%- do statements.append("comment on column " ~ relation ~ "." ~ adapter.quote(name) ~ " is " ~ comment ~ ";") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if statements -%}
        {%- do run_query(statements | join("\n")) -%}
    {%- endif -%}
{%- endmacro %}
