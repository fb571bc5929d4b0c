// Package soak holds one test: it kills the program (SIGKILL) at random moments
// while members pay together, with a payment provider that has a bad day, and
// then looks whether a cent was lost or doubled.
//
// The program is the real one, a process of its own on a SQLite file. The
// provider (mollietest) lives in the test's process, survives, and knows the
// truth. Webhooks come twice, late, out of order or never; answers are lost
// after the order was taken; payers pay at the last moment and after it, give
// up, press twice and come back; the provider pays back by itself, and the
// payers' banks take money back.
//
// `make test` runs it short; `make soak` runs the whole.
package soak
