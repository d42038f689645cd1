-- name: current_side
-- The side that readers see; null before the first publication.
select side from seam.publications where status = 'published' order by publication_id desc limit 1

-- name: published_build
-- The build that readers see; 0 before the first publication.
select coalesce(max(build_id), 0) from seam.publications where status = 'published'

-- name: open_publication
-- The publication that is not settled yet; at most one.
select publication_id, side, build_id, status from seam.publications
where status in ('written', 'passed', 'shut', 'opened')

-- name: recent
-- The newest publications with their verdicts.
select publication_id, build_id, status, written_at, checked_at, published_at, evidence_page, verdict
from seam.publications
order by publication_id desc
limit %(limit)s

-- name: publication
-- One publication with its verdict.
select publication_id, build_id, status, written_at, checked_at, published_at, evidence_page, verdict
from seam.publications where publication_id = %(publication_id)s

-- name: supersede
-- A publication that nobody saw gives way to a newer build.
update seam.publications set status = 'superseded'
where publication_id = %(publication_id)s and status in ('written', 'passed', 'shut')

-- name: insert
-- A side is about to be written.
insert into seam.publications (side, build_id) values (%(side)s, %(build_id)s) returning publication_id

-- name: set_verdict
-- The verdict on a side, with the page that shows its evidence.
update seam.publications
set status = case when %(is_open)s then 'passed' else 'shut' end, checked_at = now(), verdict = %(verdict)s,
    evidence_page = %(evidence_page)s
where publication_id = %(publication_id)s and status = 'written'

-- name: set_published
-- Readers see it. A side that was not let through cannot be published.
update seam.publications set status = 'published', published_at = now()
where publication_id = %(publication_id)s and status in ('passed', 'opened')

-- name: open_shut
-- A person lets a held publication out, once.
update seam.publications set status = 'opened' where publication_id = %(publication_id)s and status = 'shut'
returning publication_id

-- name: columns
-- Names and types of the columns of a table, in order.
select attname, format_type(atttypid, atttypmod)
from pg_attribute
where attrelid = to_regclass(%(table)s) and attnum > 0 and not attisdropped
order by attnum

-- name: key
-- The columns of the unique index that names the rows of a table.
select a.attname
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
cross join lateral unnest(i.indkey::smallint[]) with ordinality as part (attnum, position)
join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = part.attnum
where i.indrelid = to_regclass(%(table)s) and i.indisunique and i.indpred is null and i.indexprs is null
  and i.indexrelid = (
      select indexrelid from pg_index
      where indrelid = to_regclass(%(table)s) and indisunique and indpred is null and indexprs is null
      order by indexrelid
      limit 1
  )
order by part.position

-- name: held
-- Which build of a source a side holds.
select source_oid, build_id from seam.sides where side = %(side)s and table_name = %(table_name)s

-- name: set_held
-- A side holds a table as of a build.
insert into seam.sides (side, table_name, source_oid, build_id)
values (%(side)s, %(table_name)s, to_regclass(%(table)s), %(build_id)s)
on conflict (side, table_name) do update set source_oid = excluded.source_oid, build_id = excluded.build_id

-- name: oid
-- Which table it is: one that was made anew has another number.
select to_regclass(%(table)s)::oid

-- name: copy_whole
-- A table that a side does not have yet, or has of another make.
create table {copy} as select * from {source}

-- name: remove_gone
-- Rows that a build removed from the model, unless they came back since.
delete from {copy} as c
using build.removed_rows as gone
where gone.table_name = %(table_name)s and gone.build_id > %(held)s and {gone_key}
  and not exists (select from {source} as s where {same_key})

-- name: catch_up
-- Rows whose content changed since the build that the side holds.
merge into {copy} as c
using (select * from {source} where _build_id > %(held)s) as s
on {same_key}
when matched then update set {assignments}
when not matched then insert ({columns}) values ({source_columns})

-- name: freshness
-- What readers see, and since when something newer is held.
select build_id, published_at, held_since from bi.freshness

-- name: new_comments
-- What is said of a table and its columns and not yet of its view; no column for the table itself.
select null, obj_description(to_regclass(%(table)s), 'pg_class')
where obj_description(to_regclass(%(table)s), 'pg_class')
    is distinct from obj_description(to_regclass(%(view)s), 'pg_class')
union all
select shown.attname, col_description(of_table.attrelid, of_table.attnum)
from pg_attribute as shown
join pg_attribute as of_table on of_table.attrelid = to_regclass(%(table)s) and of_table.attname = shown.attname
where shown.attrelid = to_regclass(%(view)s)
    and col_description(of_table.attrelid, of_table.attnum)
        is distinct from col_description(shown.attrelid, shown.attnum)
