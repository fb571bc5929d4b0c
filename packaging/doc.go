// Package packaging holds what makes a Debian package of the program, and the
// tests of it: the package is taken apart (make test), and installed, started,
// upgraded, removed and purged in a Debian of its own (make package-test).
package packaging
