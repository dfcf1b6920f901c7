-- What tests/serve sets for the benchmark
\set shared_buffers 4GB
\getenv shared_buffers BENCH_SHARED_BUFFERS
-- All tables stay in memory and no checkpoint falls into a measurement.
ALTER SYSTEM SET shared_buffers = :'shared_buffers';
ALTER SYSTEM SET max_wal_size = '32GB';
ALTER SYSTEM SET checkpoint_timeout = '1d';
ALTER SYSTEM SET autovacuum = off;
-- COPY into a new table writes no log.
ALTER SYSTEM SET wal_level = minimal;
ALTER SYSTEM SET max_wal_senders = 0;
-- The same for both sides: no compiling, no spilling to disk, every scan from the first block.
ALTER SYSTEM SET jit = off;
ALTER SYSTEM SET work_mem = '256MB';
ALTER SYSTEM SET synchronize_seqscans = off;
