alter table gate.batches add column seal text;
comment on column gate.batches.seal is 'What the rows of the batch came to when its check began; rows that come to something else are not sent.';
