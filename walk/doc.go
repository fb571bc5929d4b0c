// Package walk holds the browser tests: they start the real program with its
// demo library and use it in headless Chromium the way people do, finding
// everything by the names that a screen reader would say.
//
// TestHelpPage is the help page of mission S1 to S20, told in its own order.
// The other tests walk every page there is and look at one thing each: axe-core,
// a phone of 320 px, the keyboard alone, no JavaScript, weight.
//
// A test that fails leaves a picture of what was on the screen in tmp/walk.
package walk
