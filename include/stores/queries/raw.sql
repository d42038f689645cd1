-- name: make_incoming
-- Accepted records arrive here first: the columns of the raw table, no index, gone with the transaction.
create temp table incoming (like {table}) on commit drop

-- name: is_empty
-- Not a single row, deleted ones included.
select not exists (select from {table})

-- name: remove_older_repeats
-- A delivery may carry several versions of a record; the newest of them goes on.
delete from incoming as i
using (
    select ctid, row_number() over (
        partition by {key} order by {newest_first}
    ) as rank
    from incoming
) as ranked
where ranked.ctid = i.ctid and ranked.rank > 1

-- name: remove_known
-- Records that the table holds already, live or deleted, whatever it says of them.
delete from incoming as i using {table} as r where {same_key}

-- name: count_older
-- Incoming records that say something else than raw, but speak of an earlier moment.
select count(*)
from incoming as i
join {table} as r using ({key})
where not {is_newer} and {differs}

-- name: merge
-- Only what is new, or newer and different, touches the table.
with merged as (
    merge into {table} as r
    using incoming as i
    on {same_key}
    when matched and {is_newer} and {differs} then update set {assignments}
    when not matched then insert ({columns}) values ({incoming_columns})
    returning merge_action() as action
)
select count(*) filter (where action = 'INSERT'), count(*) filter (where action = 'UPDATE') from merged

-- name: confirm
-- The same record said again at a later moment: nothing later than the old and earlier than the new
-- statement may replace it any more.
update {table} as r
set _as_of = i._as_of
from incoming as i
where {same_key} and {later_moment} and not {differs}

-- name: count_live
-- Records of an account that are not deleted.
select count(*) from {table} where _account = %(account)s and _deleted_at is null

-- name: make_listed
-- Only the columns of the key: a list names records, it says nothing of them.
create temp table listed on commit drop as select {key} from {table} with no data

-- name: count_vanished
-- Live records older than a complete list that the list does not name.
select count(*)
from {table} as r
where r._account = %(account)s and r._deleted_at is null and r._as_of < %(as_of)s
  and not exists (select from listed as l where {listed_key})

-- name: delete_vanished
-- What a complete list does not name any more is marked as deleted, as of the moment of the list.
update {table} as r
set _deleted_at = %(as_of)s, _as_of = %(as_of)s, _delivery_id = %(delivery_id)s
where r._account = %(account)s and r._deleted_at is null and r._as_of < %(as_of)s
  and not exists (select from listed as l where {listed_key})

-- name: count_of_delivery
-- Rows that bear a delivery.
select count(*) from {table} where _delivery_id = %(delivery_id)s

-- name: columns
-- Names and types of the columns that a table has now; nothing if there is no such table.
select attname, format_type(atttypid, atttypmod)
from pg_attribute
where attrelid = to_regclass(%(table)s) and attnum > 0 and not attisdropped
order by attnum
