-- What tests/serve sets for the tests of BI tools: Java has no Unix sockets
ALTER SYSTEM SET listen_addresses = '127.0.0.1';
ALTER SYSTEM SET port = :free_port;
