-- name: watermark
-- How far a flow has read at an account.
select watermark from landing.watermarks where flow = %(flow)s and account = %(account)s

-- name: move_watermark
-- Only ever forward: "at" is an ISO 8601 time in UTC, so texts compare like times.
insert into landing.watermarks (flow, account, watermark, delivery_id)
values (%(flow)s, %(account)s, %(watermark)s, %(delivery_id)s)
on conflict (flow, account) do update
set watermark = excluded.watermark, delivery_id = excluded.delivery_id, moved_at = now()
where landing.watermarks.watermark ->> 'at' < excluded.watermark ->> 'at'

-- name: is_landed
-- Exactly this file was taken before.
select exists (
    select from landing.arrivals
    where flow = %(flow)s and account = %(account)s and name = %(name)s
      and size_bytes = %(size_bytes)s and modified_at = %(modified_at)s
)

-- name: look
-- Remember how a file looks; a changed size or time starts the wait anew.
insert into landing.looks (flow, account, path, size_bytes, modified_at)
values (%(flow)s, %(account)s, %(path)s, %(size_bytes)s, %(modified_at)s)
on conflict (flow, account, path) do update
set size_bytes = excluded.size_bytes,
    modified_at = excluded.modified_at,
    first_seen_at = case
        when (landing.looks.size_bytes, landing.looks.modified_at) = (excluded.size_bytes, excluded.modified_at)
            then landing.looks.first_seen_at
        else now()
    end
returning extract(epoch from clock_timestamp() - first_seen_at)::float8

-- name: forget_look
-- A file that was taken is looked at anew when it comes again.
delete from landing.looks where flow = %(flow)s and account = %(account)s and path = %(name)s

-- name: repeated_delivery
-- The same content speaking of the same moment, or the same content as the newest delivery. A complete list says
-- more than changes of the same bytes: it tells of what it does not name, too.
select delivery_id from landing.deliveries
where flow = %(flow)s and account = %(account)s and content_sha256 = %(content_sha256)s and kind <> 'repair'
  and full_entities = %(full_entities)s::text[]
  and (
      as_of = %(as_of)s
      or delivery_id = (
          select delivery_id from landing.deliveries
          where flow = %(flow)s and account = %(account)s and kind <> 'repair'
          order by as_of desc, delivery_id desc
          limit 1
      )
  )
order by delivery_id desc
limit 1

-- name: insert_delivery
-- What one fetch brought; its status is landed.
insert into landing.deliveries (
    flow, source_system, account, kind, name, content_sha256, as_of, full_entities, next_watermark,
    handed_in_by, handed_in_because
)
values (
    %(flow)s, %(source_system)s, %(account)s, %(kind)s, %(name)s, %(content_sha256)s, %(as_of)s,
    %(full_entities)s, %(next_watermark)s, %(handed_in_by)s, %(handed_in_because)s
)
returning delivery_id

-- name: insert_file
-- A file or page of a delivery; its bytes lie under their hash.
insert into landing.delivery_files (delivery_id, position, entity, name, size_bytes, modified_at, sha256)
values (%(delivery_id)s, %(position)s, %(entity)s, %(name)s, %(size_bytes)s, %(modified_at)s, %(sha256)s)

-- name: insert_arrival
-- That something arrived, also when the same had come before.
insert into landing.arrivals (
    flow, account, name, size_bytes, modified_at, as_of, content_sha256, delivery_id, is_repeat
)
values (
    %(flow)s, %(account)s, %(name)s, %(size_bytes)s, %(modified_at)s, %(as_of)s, %(content_sha256)s, %(delivery_id)s,
    %(is_repeat)s
)

-- name: deliveries_in
-- Deliveries of a flow in a status, oldest statement first, so that loads happen in the order of time.
select delivery_id from landing.deliveries
where flow = %(flow)s and status = %(status)s
order by as_of, delivery_id

-- name: claim_delivery
-- One delivery, unless another worker has it or it has moved on.
select delivery_id, flow, source_system, account, kind, name, as_of, full_entities, next_watermark,
       contract_versions
from landing.deliveries
where delivery_id = %(delivery_id)s and status = %(status)s
for update skip locked

-- name: files
-- The files of a delivery, in the order in which they came.
select entity, name, sha256 from landing.delivery_files where delivery_id = %(delivery_id)s order by position

-- name: set_checked
-- Accepted records and dead letters exist.
update landing.deliveries
set status = 'checked', checked_at = now(), contract_versions = %(contract_versions)s
where delivery_id = %(delivery_id)s

-- name: set_loaded
-- Raw holds the accepted records.
update landing.deliveries set status = 'loaded', loaded_at = now() where delivery_id = %(delivery_id)s

-- name: set_closed
-- The counts close. A delivery that changed nothing needs no build.
update landing.deliveries
set status = 'closed', closed_at = now(),
    is_built = not exists (
        select from landing.delivery_counts as c
        where c.delivery_id = %(delivery_id)s and c.new + c.changed + c.deleted > 0
    )
where delivery_id = %(delivery_id)s

-- name: set_refused
-- Unusable as a whole.
update landing.deliveries set status = 'refused', checked_at = now() where delivery_id = %(delivery_id)s

-- name: insert_counts
-- What came of an entity, and what of it was accepted.
insert into landing.delivery_counts (delivery_id, entity, delivered, accepted, refused, skipped, has_repeats)
values (%(delivery_id)s, %(entity)s, %(delivered)s, %(accepted)s, %(refused)s, %(skipped)s, %(has_repeats)s)

-- name: set_loaded_counts
-- What became of the accepted records of an entity.
update landing.delivery_counts
set copied = %(copied)s, new = %(new)s, changed = %(changed)s, unchanged = %(unchanged)s, older = %(older)s,
    deleted = %(deleted)s, in_raw = %(in_raw)s
where delivery_id = %(delivery_id)s and entity = %(entity)s

-- name: counts
-- The balance of a delivery, one row for each entity.
select entity, delivered, accepted, refused, skipped, has_repeats, copied, new, changed, unchanged, older, deleted, in_raw
from landing.delivery_counts
where delivery_id = %(delivery_id)s
order by entity

-- name: gaps
-- Every equation of the balance that does not hold, in words; the refused are counted where they lie.
with counted as (
    select c.*,
           (select count(*) from dead_letter.refusals as r
            where r.delivery_id = c.delivery_id and r.entity = c.entity) as letters
    from landing.delivery_counts as c
    where c.delivery_id = %(delivery_id)s
)
select entity, gap
from counted,
     lateral (values
         (delivered = accepted + refused,
          format('delivered %%s is not accepted %%s + refused %%s', delivered, accepted, refused)),
         (refused = letters, format('refused %%s is not the %%s dead letters', refused, letters)),
         (copied = accepted - skipped, format('copied %%s is not accepted %%s - skipped %%s', copied, accepted, skipped)),
         (accepted = new + changed + unchanged + older,
          format('accepted %%s is not new %%s + changed %%s + unchanged %%s + older %%s',
                 accepted, new, changed, unchanged, older)),
         (in_raw = new + changed + deleted,
          format('raw holds %%s rows of it, not new %%s + changed %%s + deleted %%s', in_raw, new, changed, deleted))
     ) as equations (holds, gap)
where holds is not true

-- name: insert_finding
-- Something that was noticed about a delivery that is taken all the same.
insert into landing.delivery_findings (delivery_id, entity, rule, message, finding)
values (%(delivery_id)s, %(entity)s, %(rule)s, %(message)s, %(finding)s)

-- name: newer_lists
-- Complete lists of an entity that were loaded and speak of a later moment; whether every record of each was
-- readable, so that what it does not name is certainly gone.
select d.delivery_id,
       not exists (
           select from dead_letter.refusals as r
           where r.delivery_id = d.delivery_id and r.entity = %(entity)s and r.record_key is null
       ) as is_certain
from landing.deliveries as d
where d.flow = %(flow)s and d.account = %(account)s and %(entity)s = any(d.full_entities)
  and d.status in ('loaded', 'closed') and d.delivery_id <> %(delivery_id)s and d.as_of > %(as_of)s

-- name: refused_in_all
-- Keys of records that every one of some deliveries named and that were refused each time.
select record_key from dead_letter.refusals
where delivery_id = any(%(delivery_ids)s) and entity = %(entity)s and record_key is not null
group by record_key
having count(distinct delivery_id) = cardinality(%(delivery_ids)s::bigint[])

-- name: count_unreadable
-- Records of a delivery that could not be read, so that nobody knows which they are.
select count(*) from dead_letter.refusals
where delivery_id = %(delivery_id)s and entity = %(entity)s and record_key is null

-- name: last_loaded
-- The delivery of an entity that was loaded last, repairs aside.
select d.delivery_id, d.as_of, c.older
from landing.deliveries as d
join landing.delivery_counts as c using (delivery_id)
where d.flow = %(flow)s and d.account = %(account)s and c.entity = %(entity)s
  and d.status in ('loaded', 'closed') and d.kind <> 'repair'
order by d.loaded_at desc, d.delivery_id desc
limit 1

-- name: outdated_repeats
-- Repeats that count again behind a new delivery: they spoke of a later moment than it does, and what they repeat of
-- an earlier one. Interchanges carry the moments of their records themselves, and are not answered twice.
select d.delivery_id, max(a.as_of) as as_of
from landing.arrivals as a
join landing.deliveries as d using (delivery_id)
where a.flow = %(flow)s and a.account = %(account)s and a.is_repeat
  and a.as_of > %(as_of)s and d.as_of < %(as_of)s and d.status <> 'refused' and d.kind <> 'interchange'
  and not exists (
      select from landing.deliveries as later
      where later.flow = d.flow and later.account = d.account and later.content_sha256 = d.content_sha256
        and later.as_of >= a.as_of
  )
group by d.delivery_id
order by as_of

-- name: restate
-- The same bytes as a new delivery, because a person asked for it, or speaking of a later moment.
with made as (
    insert into landing.deliveries (
        flow, source_system, account, kind, name, content_sha256, as_of, full_entities, next_watermark,
        handed_in_by, handed_in_because
    )
    select flow, source_system, account, kind, name, content_sha256, coalesce(%(as_of)s, as_of), full_entities,
           next_watermark, %(person)s, %(reason)s
    from landing.deliveries
    where delivery_id = %(delivery_id)s
    returning delivery_id
)
insert into landing.delivery_files (delivery_id, position, entity, name, size_bytes, modified_at, sha256)
select made.delivery_id, f.position, f.entity, f.name, f.size_bytes, f.modified_at, f.sha256
from made, landing.delivery_files as f
where f.delivery_id = %(delivery_id)s
returning delivery_id

-- name: has_open
-- Deliveries that are not at an end yet.
select exists (
    select from landing.deliveries where flow = %(flow)s and status in ('landed', 'checked', 'loaded')
)
