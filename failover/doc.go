// Package failover holds one test: it kills the database (SIGKILL) under three
// instances of the program while members pay together and end mandates, and then
// looks whether anything that they were told was kept is lost, or there twice.
//
// All is real and on this machine: PostgreSQL with one synchronous replica under
// Patroni and etcd, HAProxy before the databases and before the instances, the
// instances as processes of their own, members over HTTP. The payment provider
// (mollietest) lives in the test's process and survives.
//
// A kill is of one of two kinds: PostgreSQL alone, as a fault of its own does, which
// Patroni sees and mends; or all that runs on the primary's machine, which comes back
// once the replica has taken over.
//
// It runs by `make failover` only: it takes minutes.
package failover
